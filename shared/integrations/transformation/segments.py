"""Samples of many sensors in one flat array: a segment per sensor, each in the order of arrival."""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Times = NDArray[np.int64]
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True)
class Segments:
    """Where each sensor's samples lie; what a segment carries in from before is one value per segment."""

    sensor: Indices
    """Sensor of each sample; equal ones are adjacent."""

    @cached_property
    def starts(self) -> Indices:
        """First sample of each segment."""
        inner = np.flatnonzero(self.sensor[1:] != self.sensor[:-1]) + 1
        return np.concatenate((np.zeros(min(1, self.sensor.size), dtype=np.intp), inner))

    @cached_property
    def lasts(self) -> Indices:
        """Last sample of each segment."""
        return np.append(self.starts[1:], self.sensor.size)[: self.starts.size] - 1

    @cached_property
    def sensors(self) -> Indices:
        """Sensor of each segment."""
        return self.sensor[self.starts]

    @cached_property
    def lengths(self) -> Indices:
        """Samples in each segment."""
        return self.lasts - self.starts + 1

    @cached_property
    def start_of(self) -> Indices:
        """First sample of the segment that each sample belongs to."""
        return np.repeat(self.starts, self.lengths)

    @cached_property
    def rank(self) -> Indices:
        """Position of each sample in its segment, from 0."""
        return np.arange(self.sensor.size) - self.start_of

    def spread(self, per_segment: NDArray[T]) -> NDArray[T]:
        """Repeat a value per segment for each of its samples."""
        return np.repeat(per_segment, self.lengths)

    def previous(self, values: NDArray[T], carried: NDArray[T]) -> NDArray[T]:
        """Return for each sample the value before it; a segment's first sample gets what was carried in."""
        before = np.empty_like(values)
        before[1:] = values[:-1]
        before[self.starts] = carried
        return before

    def latest(self, mask: Bools) -> Indices:
        """Return for each sample the last one up to itself in its segment that is in `mask`, else −1."""
        marked = np.where(mask, np.arange(mask.size), -1)
        found = np.maximum.accumulate(marked) if mask.size else marked
        return np.where(found >= self.start_of, found, -1)

    def subset(self, mask: Bools) -> "Segments":
        """Return the segments of the samples in `mask`; sensors without any drop out."""
        return Segments(self.sensor[mask])
