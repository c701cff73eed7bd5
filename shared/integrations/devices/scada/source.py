"""What a SCADA system is to the connector, whatever it speaks: tags that are read, reported, written."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from .values import TagReading


class Report(NamedTuple):
    """Changes that came by themselves, in order; or the place in their order where some are missing."""

    readings: list[TagReading]
    is_gap: bool = False
    """Whether the connection was lost here; what follows was reported by the next one."""


class TagSource(ABC):
    """Tags behind one protocol; a tag is named by its place in the table.

    A tag that cannot be read is a reading with a Bad status. Errors are for the whole: no connection, no
    session, no answer; each is a ProtocolError.
    """

    connection: Any = None
    """The protocol's own client while it is open."""
    on_back: Callable[[], None] | None = None
    """Called when a lost connection is there again, by a source that finds its own way back."""
    reports: deque[Report] = deque()  # noqa: RUF012 - stays empty where nothing is reported
    """What was reported and waits to be taken, oldest first."""
    reports_dropped: int = 0
    """Changes that nobody has taken in time."""

    @abstractmethod
    async def open(self) -> None:
        """Make sure that there is a connection."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of the connection; must not fail when there is none."""

    @abstractmethod
    async def read(self, tags: Sequence[int]) -> list[TagReading]:
        """Ask for the present values of `tags`."""

    @abstractmethod
    async def write(self, tag: int, value: Any) -> str:
        """Write a value of the tag's type; return why the device refused it, nothing when it took it."""

    @abstractmethod
    def is_same(self, tag: int, wanted: Any, found: Any) -> bool:
        """Whether a value that was read back is the one that was written, as exactly as the tag holds it."""

    async def follow(self) -> None:  # noqa: B027 - most protocols have nothing to do here
        """Have changes reported from now on, and after every outage, where the protocol does that."""

    async def history(self, since_ns: Mapping[int, int]) -> list[TagReading]:  # noqa: ARG002 - none to look into
        """Return what tags were after a time of their own (UTC ns), each in order of time."""
        return []

    def keeps_history(self, tag: int) -> bool:  # noqa: ARG002 - a protocol without history has none of any tag
        """Whether `history` may have something of the tag."""
        return False
