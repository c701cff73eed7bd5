"""Whether the event loop still turns, to be asked from another thread."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

EVERY_SECONDS = 0.5
REMEMBERED = 60
STUCK_SECONDS = 15.0
"""An event loop that has not turned for so long is stuck: the process has to be started anew."""


class Heartbeat:
    """Beats in the event loop while entered; a loop that is stuck does not."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._last = clock()
        self._lags: deque[float] = deque([0.0], maxlen=REMEMBERED)
        self._beating: asyncio.Task[None] | None = None

    @property
    def silent_seconds(self) -> float:
        """Time since the last beat."""
        return self._clock() - self._last

    @property
    def lag_seconds(self) -> float:
        """Most that one of the last beats was late, the one that is due included."""
        return max(*tuple(self._lags), self.silent_seconds - EVERY_SECONDS)

    def faults(self) -> list[str]:
        """Return what is wrong: the loop is stuck, or nothing."""
        silent = self.silent_seconds
        return [f"the event loop has been stuck for {silent:.0f} s"] if silent > STUCK_SECONDS else []

    async def __aenter__(self) -> Self:
        self._last = self._clock()
        self._beating = asyncio.create_task(self._beat(), name="heartbeat")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._beating:
            self._beating.cancel()
            await asyncio.wait([self._beating])

    async def _beat(self) -> None:
        while True:
            await self._sleep(EVERY_SECONDS)
            self._lags.append(max(0.0, self.silent_seconds - EVERY_SECONDS))
            self._last = self._clock()
