"""Everything that cleaning remembers of its sensors, and one pass over a batch of their samples.

Cutting a stream into other batches changes nothing in the outcome: every verdict rests on the samples of its
sensor before it and on `now_ns`.
"""

import numpy as np
from numpy.typing import NDArray

from integrations.messages import Status

from . import checks
from .flags import WITHOUT_VALUE, Flag, Flags, Statuses, qartod_from_flags, status_from_flags
from .memory import NEVER, SensorMemory
from .samples import CleanSamples, FlatSamples
from .scoring import score
from .segments import Bools, Floats, Indices, Segments, Times


class SensorBank(SensorMemory):
    """Checks the samples of many sensors against their limits and past, at a constant cost per sample.

    Args:
        clock_tolerance_ns: how far ahead of `now_ns` a sample's time may lie.
    """

    def __init__(self, *, clock_tolerance_ns: int = 5 * checks.NANOSECONDS_PER_SECOND) -> None:
        super().__init__()
        self._clock_tolerance_ns = clock_tolerance_ns

    def process(self, samples: FlatSamples, now_ns: int) -> CleanSamples:
        """Check a batch against its sensors' limits and past, and remember what the next batch needs."""
        if not samples.sensor.size:
            return _verdict(samples.value, samples.flags, samples.status, samples.sensor)
        flags = self._flags_of_each_alone(samples, now_ns)
        value = np.where(flags & WITHOUT_VALUE, np.nan, samples.value)
        advancing = self._flag_order(samples, flags, now_ns)
        usable = advancing & ~np.isnan(value)
        if usable.all():
            self._flag_course(value, samples.time, samples.segments, flags)
        elif usable.any():
            part = flags[usable]
            self._flag_course(value[usable], samples.time[usable], samples.segments.subset(usable), part)
            flags[usable] = part
        return _verdict(value, flags, samples.status, self.weights[samples.sensor])

    def newly_silent(self, now_ns: int, *, intervals: float = 3.0, at_least_ns: int = 0) -> Indices:
        """Return sensors unheard for `intervals` of their own and for `at_least_ns`, once per silence."""
        quiet = (self.heard_ns != NEVER) & ~self.reported & (now_ns - self.heard_ns > at_least_ns)
        candidates = np.flatnonzero(quiet)
        long = checks.silent(self.heard_ns[candidates], self.intervals_ns(candidates), now_ns, intervals)
        found = candidates[long]
        self.reported[found] = True
        return found

    def _flags_of_each_alone(self, samples: FlatSamples, now_ns: int) -> Flags:
        """Return what can be said of each sample without looking at others."""
        sensor, value, status = samples.sensor, samples.value, samples.status
        flags = samples.flags.copy()
        severity = checks.severity(status)
        convertible = flags & Flag.UNCONVERTIBLE == 0
        _mark(flags, Flag.MISSING, checks.missing(value) & convertible)
        _mark(flags, Flag.NOT_FINITE, checks.not_finite(value))
        if status.any():
            code = status & np.uint32(0xFFFF0000)
            _mark(flags, Flag.SENSOR_STATUS_BAD, severity >= 2)
            _mark(flags, Flag.SENSOR_STATUS_UNCERTAIN, severity == 1)
            _mark(flags, Flag.STALE, code == Status.UNCERTAIN_LAST_USABLE)
            _mark(flags, Flag.SIMULATED, code == Status.GOOD_EDITED)
        value = np.where(flags & WITHOUT_VALUE, np.nan, value)
        _mark(flags, Flag.OUT_OF_RANGE, checks.out_of_range(value, self.lowest[sensor], self.highest[sensor]))
        _mark(flags, Flag.NEGATIVE, checks.negative(value, self.non_negative[sensor]))
        _mark(flags, Flag.STALE, checks.older_than(samples.time, now_ns, self.stale_after_ns[sensor]))
        _mark(flags, Flag.FUTURE, checks.ahead(samples.time, now_ns, self._clock_tolerance_ns))
        return flags

    def _flag_order(self, samples: FlatSamples, flags: Flags, now_ns: int) -> Bools:
        """Flag times that do not advance, return those that do; a time in the future counts for nothing."""
        present = flags & Flag.FUTURE == 0
        time, segments = samples.time, samples.segments
        if not present.all():
            time, segments = time[present], segments.subset(present)
        before = checks.newest_before(time, segments, self.newest_time[segments.sensors])
        advancing: Bools = np.zeros(present.shape, dtype=np.bool_)
        advancing[present] = time > before
        if not advancing.all():
            part = flags[present]
            _mark(part, Flag.OUT_OF_ORDER, time < before)
            _mark(part, Flag.DUPLICATE, time == before)
            flags[present] = part
        self._hear(samples, advancing, now_ns)
        return advancing

    def _hear(self, samples: FlatSamples, advancing: Bools, now_ns: int) -> None:
        time, segments = samples.time, samples.segments
        if not advancing.all():
            time, segments = time[advancing], segments.subset(advancing)
        self.times.push(time, segments)
        self.newest_time[segments.sensors] = time[segments.lasts]
        self.heard_ns[segments.sensors] = now_ns
        self.reported[segments.sensors] = False

    def _flag_course(self, value: Floats, time: Times, segments: Segments, flags: Flags) -> None:
        """Flag changes that are too fast or absent, in samples with a value and a time that advances."""
        self._flag_still(value, segments, flags)
        doubtful = Flag.OUT_OF_RANGE | Flag.NEGATIVE | Flag.SIMULATED
        trusted = flags & doubtful == 0
        sensor = segments.sensor
        too_fast = checks.rate_of_change(
            checks.Course(value, time, self.rate_limit[sensor], self.deadband[sensor]),
            trusted,
            segments,
            last_value=self.good_value[segments.sensors],
            last_time=self.good_time[segments.sensors],
        )
        _mark(flags, Flag.RATE_OF_CHANGE, too_fast)
        good = segments.latest(trusted & ~too_fast)[segments.lasts]
        found = good >= 0
        self.good_value[segments.sensors[found]] = value[good[found]]
        self.good_time[segments.sensors[found]] = time[good[found]]

    def _flag_still(self, value: Floats, segments: Segments, flags: Flags) -> None:
        sensor, sensors = segments.sensor, segments.sensors
        tolerance, count = self.still_tolerance[sensor], self.still_count[sensor]
        run = checks.still_run(
            value, segments, tolerance, last_value=self.last_value[sensors], run_before=self.run[sensors]
        )
        suspects = np.flatnonzero(run >= count)
        for length in np.unique(count[suspects]).tolist():
            at = suspects[count[suspects] == length]
            windows = self.values.windows(length, value, segments, at)
            flags[at[checks.within_tolerance(windows, tolerance[at])]] |= np.uint16(Flag.FLATLINE)
        self.values.push(value, segments)
        self.last_value[sensors] = value[segments.lasts]
        self.run[sensors] = run[segments.lasts]


def _mark(flags: Flags, flag: Flag, mask: Bools) -> None:
    np.bitwise_or(flags, np.uint16(flag), out=flags, where=mask)


def _verdict(value: Floats, flags: Flags, device_status: Statuses, weights: NDArray[np.intp]) -> CleanSamples:
    return CleanSamples(
        value=value,
        flags=flags,
        status=status_from_flags(flags, device_status),
        qartod=qartod_from_flags(flags),
        quality=score(flags, weights),
    )
