"""A drift-free time grid: polls begin at start + n × period, and a late one is skipped, never piled up."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable


class PollGrid:
    """Yields at every grid point; `overruns` counts the points that passed while a poll was under way."""

    def __init__(
        self,
        period_seconds: float,
        *,
        offset_seconds: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.period_seconds = period_seconds
        self.overruns = 0
        self._offset_seconds = offset_seconds
        self._clock = clock
        self._sleep = sleep

    async def __aiter__(self) -> AsyncIterator[int]:
        """Yield the number of each grid point that is met, for ever."""
        start = self._clock() + self._offset_seconds
        point = 0
        while True:
            await self._sleep(max(0.0, start + point * self.period_seconds - self._clock()))
            yield point
            following = max(point + 1, math.ceil((self._clock() - start) / self.period_seconds))
            self.overruns += following - point - 1
            point = following
