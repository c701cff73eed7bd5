"""Who may look and who may act."""

import pytest

from integrations.configuration import ConfigurationError
from integrations.runtime.console.access import COOKIE, Gate
from integrations.runtime.console.config import ConsoleSettings
from integrations.runtime.console.pace import Pace

TOKEN, OPERATOR = "look-at-the-plant", "close-the-circuits"  # made up for these tests


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def gate(clock=None, **more):
    return Gate(ConsoleSettings(token=TOKEN, operator_token=OPERATOR, **more), clock or Clock())


def by_cookie(one, cookie):
    return one.visitor({}, {COOKIE: cookie}, "127.0.0.1")


def test_each_token_gives_its_own_right_and_a_wrong_one_none():
    one = gate()
    assert by_cookie(one, one.login(TOKEN)).may_reset is False
    assert by_cookie(one, one.login(OPERATOR)).may_reset is True
    assert one.login("wrong") is None
    assert one.login("") is None
    assert one.visitor({"authorization": f"Bearer {TOKEN}"}, {}, "x").name == "viewer"
    assert one.visitor({"authorization": "Bearer wrong"}, {}, "x") is None


def test_a_session_ends_with_its_time():
    clock = Clock()
    one = gate(clock, session_hours=1)
    cookie = one.login(TOKEN)
    clock.now += 3599
    assert by_cookie(one, cookie)
    clock.now += 2
    assert by_cookie(one, cookie) is None


def test_a_session_outlives_a_restart_and_ends_with_its_token():
    cookie = gate().login(TOKEN)
    assert by_cookie(gate(), cookie)
    another = Gate(ConsoleSettings(token="another-token-now"), Clock())  # noqa: S106  # made up
    assert by_cookie(another, cookie) is None


def test_a_session_cannot_be_made_longer_or_better():
    one = gate()
    right, until, signature = one.login(TOKEN).split(".")
    assert by_cookie(one, f"{right}.{int(until) + 1}.{signature}") is None
    assert by_cookie(one, f"operator.{until}.{signature}") is None
    for broken in ("", ".", "..", "viewer", f"viewer.{until}.", f"viewer.x.{signature}", "viewer.9.é"):
        assert by_cookie(one, broken) is None


def test_the_proxys_header_is_believed_from_the_proxy_alone_and_only_where_it_is_named():
    named = gate(user_header="X-User", operators=("ann",), trusted_proxies=("10.0.0.1",))
    assert named.visitor({"x-user": "ann"}, {}, "10.0.0.1").may_reset is True
    assert named.visitor({"x-user": "bob"}, {}, "10.0.0.1").may_reset is False
    assert named.visitor({"x-user": "ann"}, {}, "10.0.0.2") is None
    assert gate().visitor({"x-user": "ann", "": "ann"}, {}, "127.0.0.1") is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"token": "short"}, "token must have at least 12 characters"),
        ({"token": TOKEN, "operator_token": TOKEN}, "operator_token must be another than token"),
        ({"token": TOKEN, "token_file": "x"}, "token_file must be left out beside token"),
        ({"operators": ("ann",)}, "operators must come together with user_header"),
        ({"port": 99999}, "port must be 1..65535, got 99999"),
    ],
)
def test_what_cannot_be_is_named_and_no_token_is_shown(given, said):
    with pytest.raises(ConfigurationError) as raised:
        ConsoleSettings(**given)
    assert said in str(raised.value)
    assert TOKEN not in str(raised.value)
    assert TOKEN not in repr(ConsoleSettings(token=TOKEN))


def test_an_address_has_so_much_at_once_and_so_much_in_the_long_run():
    clock = Clock()
    pace = Pace(2.0, 3, clock=clock)
    assert [pace.allows("a") for _ in range(4)] == [True, True, True, False]
    assert pace.allows("b")
    clock.now += 0.5
    assert [pace.allows("a"), pace.allows("a")] == [True, False]
    assert pace.refused == 2
