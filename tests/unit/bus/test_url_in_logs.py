"""A bus's address in logs says where it is, and not who logs in."""

import pytest

from integrations.bus.settings import redacted


@pytest.mark.parametrize("login", ["", "me:word@", "token@", "me:wo/rd@", "me:w@rd@"])
def test_user_and_password_are_left_out_even_where_nobody_has_escaped_them(login):
    assert redacted(f"nats://{login}host:4222") == "nats://host:4222"
