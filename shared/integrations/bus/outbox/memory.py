"""Between those who measure and the bus: what could not be sent yet."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from integrations.bus.publishing.outgoing import Outgoing

log = structlog.get_logger(__name__)


class Outbox(Protocol):
    """Keeps messages until JetStream has acknowledged them, in order, within bounds.

    `take` and `forget` belong to one drain, which may take more before it forgets what it has; `append` may
    come from anywhere in the same event loop.
    """

    @property
    def depth(self) -> int:
        """Messages not yet forgotten."""

    @property
    def size(self) -> int:
        """Bytes that these take."""

    @property
    def dropped(self) -> int:
        """Messages lost because there was no room."""

    @property
    def oldest_seconds(self) -> float:
        """How long the oldest of them has waited; 0 when there is none."""

    @property
    def settled(self) -> int:
        """The number of the last message that was forgotten; 0 before the first."""

    async def append(self, message: Outgoing, time_ns: int, until_ns: int = 0) -> int:
        """Keep `message` and return its number; without room the oldest go.

        It is of time `time_ns` (UTC), up to `until_ns` if it holds what is of several.
        """

    async def take(self, max_messages: int, max_bytes: int) -> Sequence[Outgoing]:
        """Wait for messages that are not taken yet, and return the oldest of them."""

    async def forget(self, count: int) -> None:
        """Forget the oldest `count` of those taken: the bus has them."""

    async def emptied(self) -> None:
        """Wait until every message was forgotten."""


MOST_UNDER_WAY = 2000
"""Messages that a drain takes before it forgets the first: at its end nobody knows what became of them."""


@dataclass(frozen=True, slots=True)
class Gap:
    """`count` messages between two times (UTC ns, both included) were dropped, the neighbours were not."""

    count: int
    first_time_ns: int
    last_time_ns: int

    def widened(self, other: "Gap | None") -> "Gap":
        """Return one gap in place of this and another, its neighbour."""
        if other is None:
            return self
        first = min(self.first_time_ns, other.first_time_ns)
        return Gap(self.count + other.count, first, max(self.last_time_ns, other.last_time_ns))


@dataclass(slots=True)
class Kept:
    """A message that waits, with its place in the order."""

    number: int
    time_ns: int
    message: Outgoing
    since: float
    """When it came, or came back from the disk; monotonic."""
    kept_ns: int = 0
    """When it came first (UTC)."""
    on_disk: bool = False
    until_ns: int = 0
    """Of which time (UTC) the last is that it holds, if that is later than `time_ns`."""

    @property
    def gap(self) -> Gap:
        """What is lost without it."""
        return Gap(1, self.time_ns, max(self.time_ns, self.until_ns))


class MemoryOutbox:
    """An outbox that lives as long as the process; bounds in messages and payload bytes.

    What is taken cannot be dropped any more and is not counted: it comes on top of the bounds. `on_gap` is
    told once per gap, when the messages behind it are taken: by then the bus is back.
    """

    def __init__(
        self,
        max_messages: int = 100_000,
        max_bytes: int = 64 * 1024 * 1024,
        on_gap: Callable[[Gap], None] | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        if max_messages < 1 or max_bytes < 1:
            raise ValueError(f"bounds must be positive, got {max_messages} messages, {max_bytes} bytes")
        self.dropped = 0
        self.settled = 0
        self.on_gap = on_gap
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._clock = clock
        self._now_ns = now_ns
        self._next_number = 1
        self._waiting: deque[Kept] = deque()
        self._waiting_bytes = 0
        self._taken: deque[Kept] = deque()
        self._gap: Gap | None = None
        self._filled = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def depth(self) -> int:
        """Messages not yet forgotten."""
        return len(self._waiting) + len(self._taken)

    @property
    def size(self) -> int:
        """Bytes of their payloads."""
        return self._waiting_bytes + sum(len(kept.message.payload) for kept in self._taken)

    @property
    def oldest_seconds(self) -> float:
        """How long the oldest of them has waited; 0 when there is none."""
        oldest = self._oldest
        return max(0.0, (self._now_ns() - oldest.kept_ns) / 1e9) if oldest else 0.0

    async def append(self, message: Outgoing, time_ns: int, until_ns: int = 0) -> int:
        """Keep `message` and return its number; the newest always finds room."""
        number = self._next_number
        kept = Kept(number, time_ns, message, self._clock(), self._now_ns(), until_ns=until_ns)
        self._waiting.append(kept)
        self._next_number += 1
        self._waiting_bytes += len(message.payload)
        while len(self._waiting) > 1 and (
            len(self._waiting) > self._max_messages or self._waiting_bytes > self._max_bytes
        ):
            self._drop_oldest()
        self._filled.set()
        self._empty.clear()
        return number

    async def take(self, max_messages: int, max_bytes: int) -> Sequence[Outgoing]:
        """Wait for messages that are not taken yet, and return the oldest of them."""
        await self._filled.wait()
        self._report_gap()
        return [kept.message for kept in self._move(max_messages, max_bytes)]

    async def forget(self, count: int) -> None:
        """Forget the oldest `count` of those taken."""
        self._remember_no_more(count)

    async def emptied(self) -> None:
        """Wait until every message was forgotten."""
        await self._empty.wait()

    @property
    def _oldest(self) -> Kept | None:
        return (self._taken or self._waiting or [None])[0]

    def _move(self, max_messages: int, max_bytes: int) -> list[Kept]:
        """Take the oldest of what waits in memory."""
        size = 0
        moved: list[Kept] = []
        while self._waiting and len(moved) < max_messages:
            size += len(self._waiting[0].message.payload)
            if moved and size > max_bytes:
                break
            moved.append(self._pop())
        self._taken += moved
        if not self._waiting:
            self._filled.clear()
        return moved

    def _remember_no_more(self, count: int) -> list[Kept]:
        gone = [self._taken.popleft() for _ in range(count)]
        self.settled = gone[-1].number if gone else self.settled
        self._note_if_empty()
        return gone

    def _note_if_empty(self) -> None:
        if not self.depth:
            self._empty.set()

    def _pop(self) -> Kept:
        kept = self._waiting.popleft()
        self._waiting_bytes -= len(kept.message.payload)
        return kept

    def _drop_oldest(self) -> None:
        at = next((at for at, kept in enumerate(self._waiting) if not kept.message.lasting), 0)
        kept = self._waiting[at]
        del self._waiting[at]
        self._waiting_bytes -= len(kept.message.payload)
        self._lose(kept.gap)

    def _lose(self, gap: Gap) -> None:
        self.dropped += gap.count
        self._gap = gap.widened(self._gap)

    def _report_gap(self) -> None:
        gap, self._gap = self._gap, None
        if gap:
            log.warning("messages were dropped: the outbox was full", count=gap.count)
            if self.on_gap:
                self.on_gap(gap)
