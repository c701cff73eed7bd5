"""nats-server's rules read as nats-server reads them."""

import pytest

from integrations.runtime.operations.permission_check import allowed, matches


@pytest.mark.parametrize(
    ("pattern", "subject", "fits"),
    [
        ("gl.>", "gl.a.raw.x.y", True),
        ("gl.>", "gl", False),
        ("gl.*.raw.*.*", "gl.a.raw.x.y", True),
        ("gl.*.raw.*", "gl.a.raw.x.y", False),
        ("gl.a.raw.x.y", "gl.a.raw.x", False),
        (">", "anything.at.all", True),
        ("gl.svc.* workers", "gl.svc.x", True),
    ],
)
def test_wildcards(pattern, subject, fits):
    assert matches(pattern, subject) is fits


def test_nothing_said_allows_everything_and_deny_goes_before_allow():
    assert allowed({}, "a.b")
    assert not allowed({"deny": ["a.>"]}, "a.b")
    assert not allowed({"allow": ["b.>"]}, "a.b")
    assert not allowed({"allow": ["a.>"], "deny": ["a.b"]}, "a.b")
