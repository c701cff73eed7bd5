"""Writing to a device: what became of it, and who can do it."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

Writable = bool | int | float | str
"""What a tag can be given."""


@dataclass(frozen=True, slots=True)
class WriteOutcome:
    """What became of a write."""

    tag_name: str
    written: bool
    """Whether the device has the value, as read back from it."""
    reason: str
    """Why not; empty when written."""
    old: Any = None
    """Value before; None where it was not read."""
    new: Any = None
    """Value read back; None where it was not read."""


@runtime_checkable
class TagWriter(Protocol):
    """A connector whose device can be written to."""

    async def write(self, name: str, value: Writable, caller: str) -> WriteOutcome:
        """Write a value and read it back; `caller` is who asks for it, for the audit."""
