"""How often an address may ask: tokens that come back with time."""

import time
from collections import OrderedDict
from collections.abc import Callable

MAX_ADDRESSES = 10_000


class Pace:
    """Lets each address have `burst` at once and `per_second` in the long run."""

    def __init__(self, per_second: float, burst: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.refused = 0
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, address: str) -> bool:
        """Whether one more is allowed now; it is counted then."""
        left, now = self._present(address)
        allowed = left >= 1.0
        self.refused += not allowed
        self._left[address] = (left - allowed, now)
        self._left.move_to_end(address)
        if len(self._left) > MAX_ADDRESSES:
            self._left.popitem(last=False)
        return allowed

    def exhausted(self, address: str) -> bool:
        """Whether nothing is left; nothing is counted."""
        return self._present(address)[0] < 1.0

    def _present(self, address: str) -> tuple[float, float]:
        now = self._clock()
        left, at = self._left.get(address, (float(self._burst), now))
        return min(float(self._burst), left + (now - at) * self._per_second), now
