"""What is remembered of each sensor: its limits and where it stands, one array entry per sensor."""

import math
from typing import Any

import numpy as np

from integrations.units import Affine

from .checks import NANOSECONDS_PER_SECOND
from .history import History
from .limits import MAX_FLATLINE_COUNT, SensorLimits
from .segments import Bools, Floats, Indices, Times

NEVER = -1
"""A time before all others."""
INTERVALS_LEARNED_FROM = 7
UNLEARNED_INTERVAL_SECONDS = 60.0
"""Taken for a sensor's interval until it has shown it."""

_BEGINNING: dict[str, tuple[type[np.generic], Any]] = {
    "lowest": (np.float64, -np.inf),
    "highest": (np.float64, np.inf),
    "non_negative": (np.bool_, False),
    "rate_limit": (np.float64, np.inf),
    "deadband": (np.float64, 0.0),
    "still_count": (np.int64, np.iinfo(np.int64).max),
    "still_tolerance": (np.float64, 0.0),
    "lower_stop": (np.float64, -np.inf),
    "upper_stop": (np.float64, np.inf),
    "outlier_deviations": (np.float64, 0.0),
    "resolution": (np.float64, 0.0),
    "noise": (np.float64, 0.0),
    "drift_limit": (np.float64, 0.0),
    "watched": (np.bool_, False),
    "stale_after_ns": (np.int64, np.iinfo(np.int64).max),
    "interval_ns": (np.float64, np.nan),
    "weights": (np.intp, 0),
    "newest_time": (np.int64, NEVER),
    "good_value": (np.float64, np.nan),
    "good_time": (np.int64, NEVER),
    "last_value": (np.float64, np.nan),
    "run": (np.int64, 0),
    "at_lowest": (np.int64, 0),
    "at_highest": (np.int64, 0),
    "baseline": (np.float64, np.nan),
    "heard_ns": (np.int64, NEVER),
    "reported": (np.bool_, False),
}


class SensorMemory:
    """The state of many sensors as arrays that grow; an index is a sensor's until it is forgotten."""

    lowest: Floats
    highest: Floats
    non_negative: Bools
    rate_limit: Floats
    deadband: Floats
    still_count: Indices
    still_tolerance: Floats
    lower_stop: Floats
    upper_stop: Floats
    """Where a value lies at the lower or upper end of its range."""
    outlier_deviations: Floats
    resolution: Floats
    noise: Floats
    drift_limit: Floats
    watched: Bools
    """Whether noise, drift or outliers are looked for."""
    stale_after_ns: Times
    interval_ns: Floats
    """Configured time between readings; NaN where it is learned."""
    weights: Indices
    newest_time: Times
    """Newest time seen that was not in the future."""
    good_value: Floats
    good_time: Times
    """The last sample nothing was wrong with: what the next one's change is measured from."""
    last_value: Floats
    """The last value in time, good or not."""
    run: Indices
    """How many values in a row, the last included, hardly differed from the one before."""
    at_lowest: Indices
    at_highest: Indices
    """How many values in a row, the last included, lay at an end of the range."""
    baseline: Floats
    """Mean of the first values."""
    heard_ns: Times
    """When a new sample last came, by our clock."""
    reported: Bools
    """Whether its present silence has been reported."""

    def __init__(self) -> None:
        self.values = History(MAX_FLATLINE_COUNT, np.float64)
        """Last values, good or not."""
        self.times = History(INTERVALS_LEARNED_FROM + 1, np.int64)
        """Last times."""
        self.watches = False
        """Whether any sensor ever was watched."""
        self._capacity = 0
        self._used = 0
        self._free: list[int] = []
        self._grow(16)

    def __len__(self) -> int:
        return self._used - len(self._free)

    def add(self, limits: SensorLimits, weights: int = 0) -> int:
        """Take in a sensor and return its index; `weights` is a row of the score weights."""
        if self._free:
            sensor = self._free.pop()
        else:
            sensor, self._used = self._used, self._used + 1
            if sensor == self._capacity:
                self._grow(2 * self._capacity)
        self.configure(sensor, limits, weights)
        return sensor

    def configure(self, sensor: int, limits: SensorLimits, weights: int = 0) -> None:
        """Set a sensor's limits; what is remembered of it stays."""
        seconds = limits.expected_interval_seconds
        watched = bool(limits.noise or limits.drift_limit or limits.outlier_deviations)
        self.watches |= watched
        ends = limits.flatline_tolerance or 0.0 if limits.flatline_count else math.nan
        chosen: dict[str, Any] = {
            "lowest": limits.min_valid,
            "highest": limits.max_valid,
            "non_negative": limits.non_negative,
            "rate_limit": limits.rate_of_change_limit or None,
            "deadband": limits.deadband,
            "still_count": limits.flatline_count or None,
            "still_tolerance": limits.flatline_tolerance,
            "lower_stop": _sum(limits.min_valid, ends),
            "upper_stop": _sum(limits.max_valid, -ends),
            "outlier_deviations": limits.outlier_deviations,
            "resolution": limits.resolution,
            "noise": limits.noise,
            "drift_limit": limits.drift_limit,
            "watched": watched,
            "stale_after_ns": _nanoseconds(limits.stale_after_seconds),
            "interval_ns": _nanoseconds(seconds),
            "weights": weights,
        }
        for name, value in chosen.items():
            getattr(self, name)[sensor] = _BEGINNING[name][1] if value is None else value

    def convert(self, sensor: int, by: Affine) -> None:
        """Bring what is remembered of a sensor's values into another unit."""
        for levels in (self.good_value, self.last_value, self.baseline, self.values.rows):
            levels[..., sensor] = by.scale * levels[..., sensor] + by.offset

    def forget(self, sensor: int) -> None:
        """Drop all that is known of a sensor; its index goes to the next that is added."""
        for name, (_, beginning) in _BEGINNING.items():
            getattr(self, name)[sensor] = beginning
        self.values.count[sensor] = self.times.count[sensor] = 0
        self._free.append(sensor)

    def intervals_ns(self, sensors: Indices) -> Floats:
        """Return the time between readings: configured, else the median of the last seven, else a minute."""
        learned = np.median(np.diff(np.sort(self.times.rows[:, sensors], axis=0), axis=0), axis=0)
        enough = self.times.count[sensors] > INTERVALS_LEARNED_FROM
        learned = np.where(enough, learned, UNLEARNED_INTERVAL_SECONDS * NANOSECONDS_PER_SECOND)
        configured = self.interval_ns[sensors]
        return np.where(np.isnan(configured), learned, configured)

    def longest_unheard(self, count: int) -> Indices:
        """Return the sensors in use that have been unheard for longest."""
        in_use = np.setdiff1d(np.arange(self._used), self._free)
        return in_use[np.argsort(self.heard_ns[in_use], kind="stable")[:count]]

    def _grow(self, capacity: int) -> None:
        for name, (dtype, beginning) in _BEGINNING.items():
            fresh = np.full(capacity - self._capacity, beginning, dtype=dtype)
            setattr(self, name, np.concatenate((getattr(self, name), fresh)) if self._capacity else fresh)
        self.values.grow(capacity)
        self.times.grow(capacity)
        self._capacity = capacity


def _nanoseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * NANOSECONDS_PER_SECOND)


def _sum(level: float | None, tolerance: float) -> float | None:
    """Return a level moved by the tolerance; None where there is no level, or NaN for no tolerance."""
    return None if level is None or math.isnan(tolerance) else level + tolerance
