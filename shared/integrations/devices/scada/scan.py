"""A grid of several periods: each group of tags is due at start + n × its own period."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Self

from integrations.devices.grid import PollGrid

EARLY_SECONDS = 0.001
"""A group that is due this soon is taken along: clocks and sleeps are no finer."""


class ScanGrid(PollGrid):
    """Yields at each moment at which at least one period is over; `due` says which.

    A period that passes while a poll is under way is counted in `overruns` and not caught up.
    """

    def __init__(
        self,
        periods_seconds: Sequence[float],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(min(periods_seconds), clock=clock, sleep=sleep)
        self.due: frozenset[int] = frozenset()
        """Places of the periods that are over, in the order they were given."""
        self._periods = tuple(periods_seconds)
        self._next = [0.0] * len(self._periods)
        self._count = 0

    def __aiter__(self) -> Self:
        super().__aiter__()
        self._next = [self._start] * len(self._periods)
        self._count = 0
        return self

    async def __anext__(self) -> int:
        await self._sleep(max(0.0, min(self._next) - self._clock()))
        now = self._clock()
        self.due = frozenset(at for at, moment in enumerate(self._next) if moment <= now + EARLY_SECONDS)
        for at in self.due:
            self._advance(at, now)
        self._count += 1
        return self._count - 1

    def _advance(self, at: int, now: float) -> None:
        """Set the next moment of a period: the first on its grid that is still to come."""
        period = self._periods[at]
        points = max(1, math.floor((now + EARLY_SECONDS - self._next[at]) / period) + 1)
        self.overruns += points - 1
        self._next[at] += points * period
