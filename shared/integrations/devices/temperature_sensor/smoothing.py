"""The moving mean of a sensor's last good samples, and how fast a new one leaves them."""

from collections import deque
from typing import NamedTuple

SHORTEST_MEMORY_NS = 60_000_000_000
MINUTE_NS = 60_000_000_000


class Good(NamedTuple):
    """A good sample."""

    time_ns: int
    value: float


class Smoothing:
    """Keeps the last `size` good samples; bad ones are never put in.

    After an outage longer than `memory_ns` the mean starts anew: what was before it says nothing of now.
    """

    def __init__(self, size: int, memory_ns: int) -> None:
        self._samples: deque[Good] = deque(maxlen=size)
        self._memory_ns = max(memory_ns, SHORTEST_MEMORY_NS)

    @property
    def mean(self) -> Good | None:
        """Mean time and mean value."""
        count = len(self._samples)
        if not count:
            return None
        start_ns = self._samples[0].time_ns
        since = sum(sample.time_ns - start_ns for sample in self._samples) // count
        return Good(start_ns + since, sum(sample.value for sample in self._samples) / count)

    def change_per_minute(self, new: Good) -> float:
        """Return how fast `new` leaves the mean of those before it; 0 without any.

        Against the mean, since the last digit of a single reading, flickering once a second, already makes
        6 °C a minute of 0.1 °C. On a steady ramp it is the ramp's own rate.
        """
        mean = self.mean
        if mean is None or new.time_ns <= mean.time_ns:
            return 0.0
        return (new.value - mean.value) * MINUTE_NS / (new.time_ns - mean.time_ns)

    def add(self, new: Good) -> None:
        """Put a good sample in."""
        if self._samples and new.time_ns - self._samples[-1].time_ns > self._memory_ns:
            self._samples.clear()
        self._samples.append(new)
