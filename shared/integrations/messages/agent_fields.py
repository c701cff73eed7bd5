"""What the messages of agents have in common: free JSON, times, and limits that hold wherever one is made."""

from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, get_args

import msgspec
from msgspec import Meta

from integrations.configuration import Checked
from integrations.configuration.conversion import field_types

from .errors import MessageError
from .fields import Token
from .json_values import plain_json

MAX_AGENT_BYTES = 512 * 1024
"""Largest body of a message between agents: half of what nats-server takes unless told otherwise."""
MAX_AGENTS = 1000
"""Agents that one message may name."""
MAX_DEPENDENCIES = 1000
BROADCAST = "BROADCAST"
"""Recipient: every agent."""
ROLE_PREFIX = "role:"
"""Recipient `role:<role>`: every agent of a role."""

JsonObject = Annotated[dict[str, Any], Meta(description="free JSON, bounded in depth and size")]
JsonValue = Annotated[Any, Meta(description="any JSON value, bounded in depth and size")]
Time = Annotated[datetime, Meta(description="ISO 8601; without an offset it is UTC")]
Text = Annotated[str, Meta(max_length=4096)]
Agents = Annotated[list[Token], Meta(max_length=MAX_AGENTS)]
Recipient = Annotated[
    str,
    Meta(
        pattern=r"^(role:)?[A-Za-z0-9_-]+\Z",
        max_length=133,
        description="an agent's id, role:<role> for all agents of a role, or BROADCAST for all agents",
    ),
]


class TooLargeError(MessageError):
    """A message between agents has more bytes than they may have."""


class AgentChecked(Checked, frozen=True):
    """A message of agents: free JSON is made plain and bounded, times get UTC, then every limit holds.

    Raises:
        ConfigurationError: a ValueError that names field, value and limit.
    """

    def __post_init__(self) -> None:
        """Make JSON plain, check all fields, bring times to UTC."""
        free, times = _special_fields(type(self))
        for name in free:
            msgspec.structs.force_setattr(self, name, plain_json(getattr(self, name), name))
        super().__post_init__()
        for name in times:
            time = getattr(self, name)
            if time is not None and time.tzinfo is not UTC:
                msgspec.structs.force_setattr(self, name, in_utc(time))


def in_utc(time: datetime) -> datetime:
    """Return `time` in UTC; a naive one is taken as UTC, as `datetime.utcnow()` means it."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


@cache
def _special_fields(cls: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the fields with free JSON, and of those with times."""
    types = field_types(cls)
    return (
        tuple(name for name, kind in types.items() if kind in (JsonObject, JsonValue)),
        tuple(name for name, kind in types.items() if kind == Time or Time in get_args(kind)),
    )
