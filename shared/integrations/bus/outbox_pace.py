"""How fast an outbox gives back what waited on the disk."""

import asyncio
import time
from collections.abc import Awaitable, Callable

BURST_SECONDS = 0.25


class Pace:
    """So many messages a second, and one more for each that comes in: the backlog always shrinks."""

    def __init__(
        self,
        per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._per_second = per_second
        self._most = max(1.0, per_second * BURST_SECONDS)
        self._clock = clock
        self._sleep = sleep
        self._allowed = self._most
        self._came_in = 0
        self._looked = clock()

    def one_came_in(self) -> None:
        """Take note of a new message."""
        self._came_in += 1

    async def grant(self, wanted: int) -> int:
        """Wait until at least one message may go; return how many of `wanted` may."""
        while True:
            now = self._clock()
            self._allowed = min(self._most, self._allowed + self._per_second * (now - self._looked))
            self._looked = now
            granted = min(wanted, int(self._allowed) + self._came_in)
            if granted:
                return granted
            await self._sleep((1 - self._allowed) / self._per_second)

    def spend(self, count: int) -> None:
        """Take off what has gone."""
        beside = min(count, self._came_in)
        self._came_in -= beside
        self._allowed -= count - beside
