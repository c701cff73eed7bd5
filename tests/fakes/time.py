"""Time that passes only when a test says so."""

import asyncio
import heapq
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

START_NS = 1_700_000_000_000_000_000
TRAVEL_SECONDS = 0.15
"""Longer than bytes need within this machine, also through a pseudo terminal while it is busy."""


class FakeTime:
    """A monotonic clock, a UTC clock and a sleep that agree; `sleeps` keeps every wait that was asked for."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.sleeps: list[float] = []
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()

    def clock(self) -> float:
        return self.seconds

    def now_ns(self) -> int:
        return START_NS + round(self.seconds * 1e9)

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self.seconds + seconds, next(self._order), woken))
        await woken

    async def skip(self, seconds: float) -> None:
        """Sleep as `sleep` does, but let the time pass at once: for retries that nobody watches."""
        self.sleeps.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)

    async def go_on(self, seconds: float) -> None:
        """Let time pass, waking whoever is due, in order, at the moment it is due."""
        until = self.seconds + seconds
        await settled()
        while self._waiting and self._waiting[0][0] <= until + 1e-9:
            due, _, woken = heapq.heappop(self._waiting)
            self.seconds = max(self.seconds, due)
            if not woken.done():
                woken.set_result(None)
            await settled()
        self.seconds = max(self.seconds, until)

    @property
    def options(self) -> dict:
        """What a connector takes."""
        return {"clock": self.clock, "now_ns": self.now_ns, "sleep": self.sleep}


@contextmanager
def idle_time_skipped() -> Iterator[None]:
    """Let the loop leap to its next timer when nothing moves: no wait lasts, and load makes nobody late.

    For tests whose peers all live in the loop of the test: what travels between them is there at once.
    """
    loop = asyncio.get_running_loop()
    select, clock, skipped = loop._selector.select, loop.time, 0.0

    def skipping(timeout: float | None = None) -> list[object]:
        nonlocal skipped
        found = select(0 if timeout is None or timeout > 0 else timeout)
        if found or timeout == 0:
            return found
        if timeout is None:
            return select(None)
        if found := select(min(timeout, TRAVEL_SECONDS)):
            return found
        skipped += max(timeout - TRAVEL_SECONDS, 0.0)
        return found

    loop._selector.select = skipping
    loop.time = lambda: clock() + skipped
    try:
        yield
    finally:
        loop._selector.select, loop.time = select, clock


async def settled() -> None:
    """Let every task run until it waits."""
    for _ in range(30):
        await asyncio.sleep(0)
