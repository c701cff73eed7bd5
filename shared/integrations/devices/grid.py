"""A drift-free time grid: polls begin at start + n × period, and a late one is skipped, never piled up."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Self


class PollGrid:
    """Yields the number of every grid point that is met, for ever; iterating anew starts a new grid.

    `overruns` counts the points that passed while a poll was under way.
    """

    def __init__(
        self,
        period_seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.period_seconds = period_seconds
        self.overruns = 0
        self._clock = clock
        self._sleep = sleep
        self._start = 0.0
        self._following = 0

    # Not an async generator: cancelled in its loop's body, it would be closed by the garbage collector, in
    # a task that nobody owns.
    def __aiter__(self) -> Self:
        self._start = self._clock()
        self._following = 0
        return self

    async def __anext__(self) -> int:
        passed = math.ceil((self._clock() - self._start) / self.period_seconds)
        point = max(self._following, passed)
        self.overruns += point - self._following
        await self._sleep(max(0.0, self._start + point * self.period_seconds - self._clock()))
        self._following = point + 1
        return point
