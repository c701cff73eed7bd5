"""A service whose messages are not stored says so first when it is asked how it is."""

from types import SimpleNamespace

from integrations.messages import HealthState
from integrations.runtime.endpoints import Findings
from integrations.runtime.storing import with_storing

DEGRADED = Findings(HealthState.DEGRADED, ["away: no answer"], [])


def found(trouble):
    return with_storing(lambda: DEGRADED, lambda: SimpleNamespace(trouble=trouble))()


def test_a_service_that_stores_is_as_it_says_itself():
    assert found("") is DEGRADED
    assert with_storing(lambda: DEGRADED, lambda: None)() is DEGRADED


def test_one_whose_messages_are_not_stored_is_unhealthy_and_says_why_first():
    findings = found("nats-server has not stored gl.p.raw.c.s for 20 s: its disk is full")
    assert findings.state is HealthState.UNHEALTHY
    assert findings.troubles == [
        "nats-server has not stored gl.p.raw.c.s for 20 s: its disk is full",
        "away: no answer",
    ]
