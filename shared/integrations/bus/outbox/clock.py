"""A wall clock that may be set, watched with one that may not."""

from collections.abc import Callable

LEAST_STEP_SECONDS = 1.0
"""Less is a clock that is being disciplined."""


class WallClock:
    """Tells how far the wall clock was set since it was last asked."""

    def __init__(self, clock: Callable[[], float], now_ns: Callable[[], int]) -> None:
        self._clock = clock
        self._now_ns = now_ns
        self._ahead = self._difference()

    def step_ns(self) -> int:
        """Return how far it was set, forwards if positive; 0 where it was not."""
        before, self._ahead = self._ahead, self._difference()
        step = self._ahead - before
        return int(step * 1e9) if abs(step) > LEAST_STEP_SECONDS else 0

    def _difference(self) -> float:
        return self._now_ns() / 1e9 - self._clock()
