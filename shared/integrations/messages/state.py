"""Shared state: what an agent lets the others know under a key."""

from typing import Annotated

from msgspec import Meta

from .agent_fields import AgentChecked, JsonValue, Time
from .fields import SCHEMA_VERSION, Token, Version

StateKey = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\Z",
        max_length=256,
        description="letters, digits, _ and -, in parts with dots between",
    ),
]


class StateEntry(AgentChecked, frozen=True):
    """The value of a key and who put it there; its version is the message's sequence in the bucket."""

    agent_id: Token
    key: StateKey
    value: JsonValue
    timestamp: Time
    shared: bool = True
    """Whether it is everybody's: part of the global state, and told to who watches the key."""
    schema: Version = SCHEMA_VERSION
