"""Following a subject of a stream: what is there, then what comes, with no consumer on the server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Self

from integrations.bus.connection import Bus, BusEvent
from integrations.bus.errors import BusClosedError
from integrations.bus.listening import listening
from integrations.bus.patience import patiently
from integrations.resilience import Backoff

from .direct import BATCH, Stored, replay

LOOK_SECONDS = 10.0
"""What was not heard is found after this time at the latest."""
_SOON = Backoff(0.05, max_seconds=1.0)
_SOON_TIMES = 4
"""A copy of the stream may answer that has not yet what was heard: it is asked so often again."""


class Follower:
    """Yields the messages of `subject` (wildcards allowed) in stream order, each once, from a sequence on.

    Needs to look things up and to listen, and nothing else. That something came is heard; what came is read
    from the stream. When the stream is made anew it is read from its beginning, and `created` is another.
    """

    def __init__(
        self,
        bus: Bus,
        stream: str,
        subject: str,
        *,
        start_sequence: int = 1,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.created = ""
        self._bus = bus
        self._stream = stream
        self._subject = subject
        self._next = start_sequence
        self._sleep = sleep
        self._heard = asyncio.Event()
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._stack.callback(self._bus.observe(self._on_event))
        hints = listening(self._bus, self._subject, lambda *_: self._heard.set())
        await self._stack.enter_async_context(hints)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def chunks(self) -> AsyncIterator[list[Stored]]:
        """Yield lists of messages, for ever; raises BusClosedError when the bus is closed."""
        misses = 0
        await self._look()
        while True:
            self._heard.clear()
            found = False
            async for chunk in self._read():
                found = True
                yield chunk
            misses = 0 if found else misses + 1
            heard = await self._wait(_SOON.ceiling(misses - 1) if 0 < misses <= _SOON_TIMES else LOOK_SECONDS)
            if not found or not heard:
                await self._look()
            if heard:
                misses = 0

    async def _look(self) -> None:
        """Find out whether it is still the same stream."""
        if self._bus.client.is_closed:
            raise BusClosedError("bus closed while following")
        info = await patiently(lambda: self._bus.api(f"STREAM.INFO.{self._stream}"))
        is_another = bool(self.created) and info["created"] != self.created
        if is_another or self._next > info["state"]["last_seq"] + 1:
            self._next = 1
        self.created = info["created"]

    async def _read(self) -> AsyncIterator[list[Stored]]:
        chunk: list[Stored] = []
        messages = replay(
            self._bus, self._stream, self._subject, start_sequence=self._next, sleep=self._sleep
        )
        async for stored in messages:
            chunk.append(stored)
            self._next = stored.sequence + 1
            if len(chunk) >= BATCH or not stored.pending:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    async def _wait(self, seconds: float) -> bool:
        """Return whether something was heard within the time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._heard.wait()
        return self._heard.is_set()

    def _on_event(self, _event: BusEvent) -> None:
        self._heard.set()
