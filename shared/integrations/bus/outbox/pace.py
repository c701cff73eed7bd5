"""How fast an outbox gives back what waited on the disk."""

import asyncio
import time
from collections.abc import Awaitable, Callable

BURST_SECONDS = 0.25
PAUSE_SECONDS = 1.0
"""What came in while nothing went for so long is of the past: the bus was away."""
ROUNDING = 1e-6
LEAST_SECONDS = 0.001


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
        self._looked = self._spent = clock()

    def one_came_in(self) -> None:
        """Take note of a new message."""
        self._came_in += 1

    async def grant(self, wanted: int) -> int:
        """Wait until at least one message may go; return how many of `wanted` may."""
        while True:
            now = self._clock()
            self._allowed = min(self._most, self._allowed + self._per_second * (now - self._looked))
            self._looked = now
            granted = min(wanted, int(self._allowed + ROUNDING) + self._came_in)
            if granted:
                return granted
            await self._sleep(max(LEAST_SECONDS, (1 - self._allowed) / self._per_second))

    def spend(self, count: int) -> None:
        """Take off what has gone."""
        now = self._clock()
        if now - self._spent > PAUSE_SECONDS:
            self._came_in = 0
        self._spent = now
        beside = min(count, self._came_in)
        self._came_in -= beside
        self._allowed = max(0.0, self._allowed - (count - beside))
