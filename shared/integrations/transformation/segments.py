"""Samples of many sensors in one flat array: a segment per sensor, each in the order of arrival."""

from typing import Any, TypeVar

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

    __slots__ = ("lasts", "lengths", "one_each", "pick", "sensor", "sensors", "start_of", "starts")

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
        self.one_each = self.starts.size == size > 0
        """Whether each sensor has just one sample."""
        self.pick = _pick(self.sensors)
        """What picks the sensors out of arrays with one entry each: where it can be, a slice, so a view."""
        self.start_of = self.spread(self.starts)
        """First sample of the segment that each sample belongs to."""

    @classmethod
    def of_one(cls, size: int, sensor: int = 0) -> "Segments":
        """Return the only segment of samples of one sensor, at least one."""
        one = cls.__new__(cls)
        one.sensor = np.ndarray(size, np.intp, np.array([sensor]), strides=(0,))
        one.starts, one.lasts = np.zeros(1, dtype=np.intp), np.array([size - 1])
        one.sensors, one.lengths = np.array([sensor]), np.array([size])
        one.one_each, one.pick = size == 1, slice(sensor, sensor + 1)
        one.start_of = np.ndarray(size, np.intp, one.starts, strides=(0,))
        return one

    def spread(self, per_segment: NDArray[T]) -> NDArray[T]:
        """Repeat a value per segment for each of its samples."""
        if self.one_each:
            return per_segment
        if self.starts.size == 1:  # a view of one number as many: nothing to fill and nothing to load
            return np.ndarray(self.sensor.size, per_segment.dtype, per_segment, strides=(0,))
        return per_segment.repeat(self.lengths)

    def rank_of(self, samples: Indices) -> Indices:
        """Return the position of samples in their segments, from 0."""
        return samples - self.start_of[samples]

    def segment_of(self, samples: Indices) -> Indices:
        """Return the number of the segment that samples lie in."""
        return np.searchsorted(self.starts, samples, side="right") - 1

    def followers(self, samples: Indices) -> Indices:
        """Return the samples that come next in the same segment."""
        after = samples[samples < self.sensor.size - 1] + 1
        return after[self.start_of[after] < after]

    def previous(self, values: NDArray[T], carried: NDArray[T]) -> NDArray[T]:
        """Return for each sample the value before it; a segment's first sample gets what was carried in."""
        if self.one_each:
            return carried.copy()
        before = np.empty_like(values)
        before[1:] = values[:-1]
        before[self.starts] = carried
        return before

    def latest(self, mask: Bools) -> Indices:
        """Return for each sample the last one up to itself in its segment that is in `mask`, else −1."""
        found = np.arange(mask.size)
        if (gaps := np.flatnonzero(~mask)).size:  # few as a rule, so that only they are worked on
            first = self.start_of[gaps]
            begins = gaps == first
            begins[1:] |= gaps[1:] != gaps[:-1] + 1
            begins[0] = True
            begin = np.maximum.accumulate(np.where(begins, gaps, 0))
            found[gaps] = np.where(begin > first, begin - 1, -1)
        return found

    def last_of_each(self, mask: Bools) -> Indices:
        """Return for each segment its last sample that is in `mask`, else −1."""
        if self.one_each:
            return _indices(np.where(mask, self.starts, -1))
        if self.starts.size == 1:
            back = int(mask[::-1].argmax())
            return np.array([mask.size - 1 - back if mask[mask.size - 1 - back] else -1])
        return _indices(self.latest(mask)[self.lasts])

    def subset(self, mask: Bools) -> "Segments":
        """Return the segments of the samples in `mask`; sensors without any drop out."""
        if self.starts.size == 1 and (count := int(np.count_nonzero(mask))):
            return Segments.of_one(count, int(self.sensors[0]))
        return Segments(self.sensor[mask])

    def last(self, values: NDArray[T]) -> NDArray[T]:
        """Return the value of each segment's last sample."""
        return values if self.one_each else values[self.lasts]

    def tail(self, count: int) -> Indices:
        """Return the samples that are among the last `count` of their segment."""
        if self.one_each:
            return self.starts
        if self.starts.size == 1:
            return np.arange(max(0, self.sensor.size - count), self.sensor.size)
        return np.flatnonzero(self.spread(self.lasts) - np.arange(self.sensor.size) < count)


def _pick(sensors: Indices) -> slice | Indices:
    """Return a slice for sensors that follow each other without a hole."""
    size = sensors.size
    if not size or int(sensors[-1]) - int(sensors[0]) != size - 1:
        return sensors
    first = int(sensors[0])
    follow = size < 3 or bool((sensors[1:] - sensors[:-1] == 1).all())
    return slice(first, first + size) if follow else sensors


def _indices(found: Any) -> Indices:
    """Give positions the type that numpy's stubs lose on the way."""
    return found  # type: ignore[no-any-return]  # see above
