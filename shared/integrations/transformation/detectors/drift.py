"""Slow changes of level: CUSUM, Page–Hinkley and EWMA, at a constant cost per sample.

Each detector carries its state, so that a stream may be cut anywhere: `update` takes the next samples and
returns for each whether the alarm stands. A missing value (NaN) changes nothing. Alarms stand while the
evidence does; `reset` begins anew.
"""

from typing import Protocol

import numpy as np

from integrations.transformation.errors import InvalidArgumentError
from integrations.transformation.segments import Bools, Floats

from .scales import median_scale

BLOCK = 256
"""Samples that EWMA weighs at once."""


class DriftDetector(Protocol):
    """What watches for drift."""

    def update(self, value: Floats) -> Bools:
        """Take the next samples, tell for each whether the alarm stands."""
        ...

    def reset(self) -> None:
        """Forget all evidence."""
        ...


def baseline(value: Floats, resolution: float = 0.0) -> tuple[float, float]:
    """Return level and deviation of a stretch of good samples, by median and median absolute deviation.

    Raises:
        InvalidArgumentError: fewer than two finite samples.
    """
    present = value[np.isfinite(value)]
    if present.size < 2:
        raise InvalidArgumentError(f"a baseline needs 2 finite samples, got {present.size}")
    level = float(np.median(present))
    return level, median_scale(present, level, resolution)


class Cusum:
    """Two-sided cumulative sums of what exceeds a slack (Page 1954).

    Args:
        level: where the values should be.
        deviation: of a single value.
        slack: part of each departure that is allowed, in deviations: half the shift to be found.
        limit: alarm when a sum exceeds so many deviations.
    """

    def __init__(self, level: float, deviation: float, *, slack: float = 0.5, limit: float = 5.0) -> None:
        self._level, self._deviation = level, _positive("deviation", deviation)
        self._slack, self._limit = slack, _positive("limit", limit)
        self.reset()

    def reset(self) -> None:
        """Forget all evidence."""
        self.above = self.below = 0.0
        """How much more than the slack the values lie to either side, in deviations."""

    def update(self, value: Floats) -> Bools:
        """Take the next samples, tell for each whether the alarm stands."""
        departure = (value - self._level) / self._deviation
        missing = ~np.isfinite(departure)
        above = _never_negative_sum(np.where(missing, 0.0, departure - self._slack), self.above)
        below = _never_negative_sum(np.where(missing, 0.0, -departure - self._slack), self.below)
        if value.size:
            self.above, self.below = float(above[-1]), float(below[-1])
        alarms: Bools = (above > self._limit) | (below > self._limit)
        return alarms


class PageHinkley:
    """Departures from the mean of all samples so far; needs no level beforehand (Page 1954, Hinkley 1971).

    Args:
        tolerance: change that does not matter, in the values' unit.
        limit: alarm when the summed departures exceed this, in the values' unit times samples.
    """

    def __init__(self, *, tolerance: float, limit: float) -> None:
        self._tolerance, self._limit = tolerance, _positive("limit", limit)
        self.reset()

    def reset(self) -> None:
        """Forget all evidence, the mean included."""
        self._count, self._sum = 0, 0.0
        self.above = self.below = 0.0
        """How far the departures have summed up since they were least, to either side."""

    def update(self, value: Floats) -> Bools:
        """Take the next samples, tell for each whether the alarm stands."""
        present = np.isfinite(value)
        known = np.where(present, value, 0.0)
        counts = self._count + np.cumsum(present)
        sums = self._sum + np.cumsum(known)
        departure = np.where(present, known - sums / np.maximum(counts, 1), 0.0)
        allowed = np.where(present, self._tolerance, 0.0)
        above = _never_negative_sum(departure - allowed, self.above)
        below = _never_negative_sum(-departure - allowed, self.below)
        if value.size:
            self._count, self._sum = int(counts[-1]), float(sums[-1])
            self.above, self.below = float(above[-1]), float(below[-1])
        alarms: Bools = (above > self._limit) | (below > self._limit)
        return alarms


class Ewma:
    """Exponentially weighted mean against its own control limits (Roberts 1959).

    Args:
        level: where the values should be.
        deviation: of a single value.
        weight: of the newest value, 0 to 1.
        limit: alarm when the mean is so many of its own deviations away.
    """

    def __init__(self, level: float, deviation: float, *, weight: float = 0.05, limit: float = 4.0) -> None:
        if not 0 < weight <= 1:
            raise InvalidArgumentError(f"weight must be greater than 0 and at most 1, got {weight!r}")
        self._level, self._deviation = level, _positive("deviation", deviation)
        self._weight, self._limit = weight, _positive("limit", limit)
        back = np.subtract.outer(np.arange(BLOCK), np.arange(BLOCK))
        self._weights = np.where(back >= 0, weight * (1 - weight) ** np.maximum(back, 0), 0.0)
        self._decay = (1 - weight) ** np.arange(1, BLOCK + 1)
        self.reset()

    def reset(self) -> None:
        """Forget all evidence."""
        self.mean = self._level
        self._count = 0
        self._alarm = False

    def update(self, value: Floats) -> Bools:
        """Take the next samples, tell for each whether the alarm stands."""
        present = np.isfinite(value)
        means = self._means(value[present])
        counts = self._count + np.arange(1, means.size + 1)
        spread = self._weight / (2 - self._weight) * (1 - (1 - self._weight) ** (2.0 * counts))
        outside = np.abs(means - self._level) > self._limit * self._deviation * np.sqrt(spread)
        states = np.concatenate(([self._alarm], outside))
        if means.size:
            self.mean, self._count = float(means[-1]), int(counts[-1])
            self._alarm = bool(outside[-1])
        alarms: Bools = states[np.cumsum(present)]
        return alarms

    def _means(self, value: Floats) -> Floats:
        means = np.empty(value.size)
        mean = self.mean
        for start in range(0, value.size, BLOCK):
            block = value[start : start + BLOCK]
            size = block.size
            means[start : start + size] = self._weights[:size, :size] @ block + self._decay[:size] * mean
            mean = means[start + size - 1]
        return means


def _never_negative_sum(step: Floats, before: float) -> Floats:
    """Sum up from `before`, starting again at 0 whenever the sum would fall below it."""
    total = before + np.cumsum(step)
    return total - np.minimum(np.minimum.accumulate(total), 0.0) if step.size else total


def _positive(name: str, value: float) -> float:
    if not (np.isfinite(value) and value > 0):
        raise InvalidArgumentError(f"{name} must be a number greater than 0, got {value!r}")
    return float(value)
