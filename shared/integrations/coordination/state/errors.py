"""What goes wrong with shared state."""

from typing import Any

from integrations.coordination.errors import CoordinationError


class StateError(CoordinationError):
    """Root of what goes wrong with shared state."""


class StateKeyError(StateError, ValueError):
    """An agent's name or a key that cannot be; the text says which and what may be."""


class StateConflictError(StateError):
    """Somebody was faster: `version` and `value` are what stands there, 0 and None where nothing does."""

    def __init__(self, agent_id: str, key: str, expected: int, version: int, value: Any) -> None:
        super().__init__(f"{key} of {agent_id} is at version {version}, not {expected}")
        self.version = version
        self.value = value
