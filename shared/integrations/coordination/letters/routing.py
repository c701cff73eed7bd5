"""From a recipient, or a topic that somebody listens to, to subjects."""

from dataclasses import dataclass
from enum import Enum

from integrations.coordination.errors import UnknownRecipientError
from integrations.messages import (
    BROADCAST,
    BROADCAST_SUBJECT,
    ROLE_PREFIX,
    AgentRole,
    MessagePriority,
    check_token,
    inbox_subject,
    role_subject,
)


class Reach(Enum):
    """How many a message is for."""

    ONE = "one"
    ROLE = "role"
    ALL = "all"


@dataclass(frozen=True)
class Route:
    """Where a message goes: an agent's id, a role's name, or nothing more for everyone."""

    reach: Reach
    name: str = ""

    def subject(self, priority: MessagePriority) -> str:
        """Return where to publish; those who read what is for many sort it by priority themselves."""
        if self.reach is Reach.ONE:
            return inbox_subject(self.name, priority)
        return role_subject(self.name) if self.reach is Reach.ROLE else BROADCAST_SUBJECT


def route_to(recipient: str) -> Route:
    """Return the route to an agent's id, to `role:<role>` (in either case) or to BROADCAST.

    Raises:
        UnknownRecipientError: there is no such role.
    """
    if recipient == BROADCAST:
        return Route(Reach.ALL)
    if not recipient.startswith(ROLE_PREFIX):
        return Route(Reach.ONE, check_token("recipient_id", recipient))
    name = recipient.removeprefix(ROLE_PREFIX).lower()
    if name not in list(AgentRole):
        known = ", ".join(AgentRole)
        raise UnknownRecipientError(f"recipient_id must be role: and one of {known}, got {recipient!r}")
    return Route(Reach.ROLE, name)
