"""A series brought to as many points as a chart is wide: least, most and mean of each stretch of time."""

import math
from typing import Any

from msgspec import Struct, field

from integrations.messages import CleanBatch, Flag
from integrations.runtime.console.standing import STANDINGS, standing_at

MILLISECOND_NS = 1_000_000


class Statistics(Struct):
    """What a whole series amounts to; over its values."""

    samples: int = 0
    values: int = 0
    least: float | None = None
    most: float | None = None
    mean: float | None = None
    deviation: float | None = None
    standings: dict[str, int] = field(default_factory=dict)
    """Samples by how they stand."""
    flags: dict[str, int] = field(default_factory=dict)
    """Samples by what was found."""


class _Bucket:
    __slots__ = ("count", "flags", "least", "most", "quality", "raw_count", "raw_total", "total", "worst")

    def __init__(self) -> None:
        self.count = self.raw_count = self.flags = self.worst = 0
        self.total = self.raw_total = 0.0
        self.least, self.most, self.quality = math.inf, -math.inf, 100.0


class Buckets:
    """Takes samples in any order; those outside of the range, and of another unit, are passed over."""

    def __init__(self, begin_ns: int, end_ns: int, points: int) -> None:
        self.unit = self.raw_unit = self.quantity = ""
        self.statistics = Statistics()
        self._begin_ns, self._end_ns = begin_ns, end_ns
        self._width_ns = max(1, -(-(end_ns - begin_ns) // points))
        self._buckets: dict[int, _Bucket] = {}
        self._squares = 0.0

    def take(self, batch: CleanBatch) -> None:
        """Take a batch; the unit of the series is that of the last one that came."""
        if batch.unit != self.unit:
            self._begin_anew(batch)
        columns = (batch.time, batch.value, batch.raw_value, batch.quality, batch.flags, batch.status)
        for time_ns, *sample in zip(*columns, strict=False):
            if self._begin_ns <= time_ns < self._end_ns:
                self._add(time_ns, *sample)

    def columns(self) -> dict[str, list[Any]]:
        """Return a list for each property; gaps are stretches without a sample, or null without a value."""
        found = sorted(self._buckets.items())
        each = [bucket for _, bucket in found]
        half = self._width_ns // 2
        return {
            "time": [(self._begin_ns + at * self._width_ns + half) / MILLISECOND_NS for at, _ in found],
            "least": [one.least if one.count else None for one in each],
            "most": [one.most if one.count else None for one in each],
            "mean": [one.total / one.count if one.count else None for one in each],
            "raw": [one.raw_total / one.raw_count if one.raw_count else None for one in each],
            "quality": [one.quality for one in each],
            "flags": [one.flags for one in each],
            "standing": [one.worst for one in each],
        }

    def finished(self) -> Statistics:
        """Return the statistics of all that was taken."""
        found = self.statistics
        if found.values and found.mean is not None:
            found.deviation = math.sqrt(self._squares / found.values)
        return found

    def _begin_anew(self, batch: CleanBatch) -> None:
        self.unit, self.raw_unit, self.quantity = batch.unit, batch.raw_unit, batch.quantity
        self.statistics, self._squares = Statistics(), 0.0
        self._buckets.clear()

    def _add(
        self, time_ns: int, value: float | None, raw: float | None, quality: float, flags: int, status: int
    ) -> None:
        at = (time_ns - self._begin_ns) // self._width_ns
        bucket = self._buckets.get(at)
        if bucket is None:
            bucket = self._buckets[at] = _Bucket()
        standing = standing_at(value, flags, status)
        number = STANDINGS.index(standing)
        bucket.flags |= flags
        bucket.worst = max(bucket.worst, number)
        bucket.quality = min(bucket.quality, quality)
        if raw is not None and math.isfinite(raw):
            bucket.raw_total += raw
            bucket.raw_count += 1
        if value is not None and math.isfinite(value):
            bucket.total += value
            bucket.count += 1
            bucket.least, bucket.most = min(bucket.least, value), max(bucket.most, value)
            self._count(value)
        self._count_findings(standing, flags)

    def _count(self, value: float) -> None:
        """Keep mean and deviation as Welford does: no difference of large sums."""
        found = self.statistics
        found.values += 1
        before = found.mean or 0.0
        found.mean = before + (value - before) / found.values
        self._squares += (value - before) * (value - found.mean)
        found.least = value if found.least is None else min(found.least, value)
        found.most = value if found.most is None else max(found.most, value)

    def _count_findings(self, standing: str, flags: int) -> None:
        found = self.statistics
        found.samples += 1
        found.standings[standing] = found.standings.get(standing, 0) + 1
        if flags:
            for flag in Flag:
                if flags & flag:
                    name = flag.name or ""
                    found.flags[name] = found.flags.get(name, 0) + 1
