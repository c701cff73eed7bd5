"""Samples of many sensors in one flat array: a segment per sensor, each in the order of arrival."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Times = NDArray[np.int64]
T = TypeVar("T", bound=np.generic)


class Segments:
    """Where each sensor's samples lie; what a segment carries in from before is one value per segment.

    Args:
        sensor: sensor of each sample; equal ones are adjacent.
    """

    __slots__ = ("lasts", "lengths", "rank", "sensor", "sensors", "start_of", "starts")

    def __init__(self, sensor: Indices) -> None:
        size = sensor.size
        self.sensor = sensor
        ends = np.flatnonzero(sensor[1:] != sensor[:-1]) + 1
        self.starts = np.concatenate((np.zeros(min(1, size), dtype=np.intp), ends))
        """First sample of each segment."""
        self.lasts = np.concatenate((ends, np.full(min(1, size), size))) - 1
        """Last sample of each segment."""
        self.sensors = sensor[self.starts]
        """Sensor of each segment."""
        self.lengths = self.lasts - self.starts + 1
        """Samples in each segment."""
        self.start_of = self.spread(self.starts)
        """First sample of the segment that each sample belongs to."""
        self.rank = np.arange(size) - self.start_of
        """Position of each sample in its segment, from 0."""

    def spread(self, per_segment: NDArray[T]) -> NDArray[T]:
        """Repeat a value per segment for each of its samples."""
        return per_segment if self.starts.size == self.sensor.size else per_segment.repeat(self.lengths)

    def previous(self, values: NDArray[T], carried: NDArray[T]) -> NDArray[T]:
        """Return for each sample the value before it; a segment's first sample gets what was carried in."""
        before = np.empty_like(values)
        before[1:] = values[:-1]
        before[self.starts] = carried
        return before

    def latest(self, mask: Bools) -> Indices:
        """Return for each sample the last one up to itself in its segment that is in `mask`, else −1."""
        if mask.all():
            return np.arange(mask.size)
        marked = np.where(mask, np.arange(mask.size), -1)
        found = np.maximum.accumulate(marked)
        return np.where(found >= self.start_of, found, -1)

    def subset(self, mask: Bools) -> "Segments":
        """Return the segments of the samples in `mask`; sensors without any drop out."""
        return Segments(self.sensor[mask])

    def tail(self, count: int) -> Indices:
        """Return the samples that are among the last `count` of their segment."""
        if self.starts.size == self.sensor.size:
            return self.starts
        return np.flatnonzero(self.spread(self.lasts) - np.arange(self.sensor.size) < count)
