"""Between those who measure and the bus: what could not be sent yet."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from .outgoing import Outgoing


class Outbox(Protocol):
    """Keeps messages until JetStream has acknowledged them, in order, within bounds.

    `take` and `forget` belong to one drain; `append` may come from anywhere in the same event loop.
    """

    @property
    def depth(self) -> int:
        """Messages not yet forgotten."""

    @property
    def dropped(self) -> int:
        """Messages lost because there was no room."""

    async def append(self, message: Outgoing, time_ns: int) -> None:
        """Keep `message`, of time `time_ns` (UTC); without room the oldest go."""

    async def take(self, max_messages: int, max_bytes: int) -> Sequence[Outgoing]:
        """Wait for messages and return the oldest; the same again until they are forgotten."""

    async def forget(self) -> None:
        """Forget what was taken: the bus has it."""

    async def emptied(self) -> None:
        """Wait until every message was forgotten."""


@dataclass(frozen=True, slots=True)
class Gap:
    """`count` messages between two times (UTC ns, both included) were dropped, the neighbours were not."""

    count: int
    first_time_ns: int
    last_time_ns: int


class MemoryOutbox:
    """An outbox that lives as long as the process; bounds in messages and payload bytes.

    What is taken cannot be dropped any more and is not counted, so that at most one chunk comes on top of
    the bounds. `on_gap` is told once per gap, when the messages behind it are taken: by then the bus is back.
    """

    def __init__(
        self,
        max_messages: int = 100_000,
        max_bytes: int = 64 * 1024 * 1024,
        on_gap: Callable[[Gap], None] | None = None,
    ) -> None:
        if max_messages < 1 or max_bytes < 1:
            raise ValueError(f"bounds must be positive, got {max_messages} messages, {max_bytes} bytes")
        self.dropped = 0
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._on_gap = on_gap
        self._waiting: deque[tuple[int, Outgoing]] = deque()
        self._waiting_bytes = 0
        self._taken: list[Outgoing] = []
        self._gap: Gap | None = None
        self._filled = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def depth(self) -> int:
        """Messages not yet forgotten."""
        return len(self._waiting) + len(self._taken)

    async def append(self, message: Outgoing, time_ns: int) -> None:
        """Keep `message`; the newest always finds room."""
        self._waiting.append((time_ns, message))
        self._waiting_bytes += len(message.payload)
        while len(self._waiting) > 1 and (
            len(self._waiting) > self._max_messages or self._waiting_bytes > self._max_bytes
        ):
            self._drop_oldest()
        self._filled.set()
        self._empty.clear()

    async def take(self, max_messages: int, max_bytes: int) -> Sequence[Outgoing]:
        """Wait for messages and return the oldest; the same again until they are forgotten."""
        if not self._taken:
            await self._filled.wait()
            self._report_gap()
            self._move(max_messages, max_bytes)
        return self._taken

    async def forget(self) -> None:
        """Forget what was taken."""
        self._taken = []
        if not self._waiting:
            self._empty.set()

    async def emptied(self) -> None:
        """Wait until every message was forgotten."""
        await self._empty.wait()

    def _move(self, max_messages: int, max_bytes: int) -> None:
        size = 0
        while self._waiting and len(self._taken) < max_messages:
            size += len(self._waiting[0][1].payload)
            if self._taken and size > max_bytes:
                break
            _, message = self._waiting.popleft()
            self._waiting_bytes -= len(message.payload)
            self._taken.append(message)
        if not self._waiting:
            self._filled.clear()

    def _drop_oldest(self) -> None:
        time_ns, message = self._waiting.popleft()
        self._waiting_bytes -= len(message.payload)
        self.dropped += 1
        before = self._gap or Gap(0, time_ns, time_ns)
        self._gap = Gap(before.count + 1, before.first_time_ns, time_ns)

    def _report_gap(self) -> None:
        gap, self._gap = self._gap, None
        if gap and self._on_gap:
            self._on_gap(gap)
