"""Shared state: what an agent lets the others know under a key."""

from .agent_fields import AgentChecked, JsonValue, Time
from .fields import SCHEMA_VERSION, Count, Token, Version


class StateEntry(AgentChecked, frozen=True):
    """The value of a key, who put it there, and the how-manieth value it is."""

    agent_id: Token
    key: Token
    value: JsonValue
    version: Count
    timestamp: Time
    schema: Version = SCHEMA_VERSION
