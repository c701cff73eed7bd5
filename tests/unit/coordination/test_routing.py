"""A message goes to an agent, to a role, or to all, by subjects that say so."""

import pytest

from integrations import MessagePriority
from integrations.coordination.errors import UnknownRecipientError
from integrations.coordination.letters.routing import route_to


@pytest.mark.parametrize(
    ("recipient", "subject"),
    [
        ("GL-001", "gl.agent.GL-001.inbox.p2"),
        ("raw", "gl.agent.raw.inbox.p2"),
        ("role:orchestrator", "gl.agent.role.orchestrator"),
        ("role:HEAT_RECOVERY", "gl.agent.role.heat_recovery"),
        ("BROADCAST", "gl.agent.broadcast"),
    ],
)
def test_a_recipient_has_its_subject(recipient, subject):
    assert route_to(recipient).subject(MessagePriority.HIGH) == subject


def test_a_role_that_does_not_exist_is_named_with_those_that_do():
    with pytest.raises(UnknownRecipientError, match=r"one of orchestrator, .*, got 'role:cook'"):
        route_to("role:cook")


def test_a_name_that_would_change_the_subject_is_refused():
    with pytest.raises(ValueError, match="recipient_id must be 1 to 128 letters"):
        route_to("GL-001.>")
