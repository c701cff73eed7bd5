"""A window of recent values for getters that do not wait: time-weighted mean, statistics, flatline."""

import math
from collections import deque
from itertools import islice, pairwise

from msgspec import Struct

SECOND = 1_000_000_000


class Entry(Struct, frozen=True):
    """One value with its time (UTC ns) and quality score."""

    time_ns: int
    value: float
    quality: float


class Window:
    """The last `size` values of one sensor; values that are not finite are not kept."""

    def __init__(self, size: int = 1000) -> None:
        self._entries: deque[Entry] = deque(maxlen=size)
        self.repeated = 0
        """How many values in a row the newest has been the same for."""

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, time_ns: int, value: float, quality: float) -> None:
        """Add a value."""
        if math.isfinite(value):
            entries = self._entries
            self.repeated = self.repeated + 1 if entries and entries[-1].value == value else 1
            entries.append(Entry(time_ns, value, quality))

    @property
    def last(self) -> Entry | None:
        """The newest value."""
        return self._entries[-1] if self._entries else None

    def since(self, time_ns: int) -> list[Entry]:
        """Return the values at or after `time_ns`, oldest first."""
        return [entry for entry in self._entries if entry.time_ns >= time_ns]

    def newest(self, count: int) -> list[float]:
        """Return the last `count` values, newest first."""
        return [entry.value for entry in islice(reversed(self._entries), count)]

    def average(self, seconds: float, now_ns: int) -> float | None:
        """Return the time-weighted mean over the last `seconds`, by trapezoids; None without a value."""
        entries = self.since(now_ns - round(seconds * SECOND))
        spans = [(b.time_ns - a.time_ns, (a.value + b.value) / 2) for a, b in pairwise(entries)]
        total = sum(span for span, _ in spans if span > 0)
        if total:
            return sum(span * mean for span, mean in spans if span > 0) / total
        return entries[-1].value if entries else None
