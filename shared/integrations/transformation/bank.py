"""Everything that cleaning remembers of its sensors, and one pass over a batch of their samples.

Cutting a stream into other batches changes nothing in the outcome: every verdict rests on the samples of its
sensor before it and on `now_ns`.
"""

import numpy as np

from integrations.messages import Qartod, Status
from integrations.quality import (
    BEST_SCORE,
    WITHOUT_VALUE,
    Flag,
    Flags,
    qartod_from_flags,
    score,
    status_from_flags,
)

from . import checks
from .memory import NEVER, SensorMemory
from .samples import CleanSamples, FlatSamples
from .segments import Bools, Floats, Indices, Segments, Times
from .watch import habit_flags

(  # numpy's own numbers: an enum's members are slow to look up and carry no type
    MISSING,
    NOT_FINITE,
    SENSOR_STATUS_BAD,
    SENSOR_STATUS_UNCERTAIN,
    OUT_OF_RANGE,
    NEGATIVE,
    RATE_OF_CHANGE,
    FLATLINE,
    STALE,
    FUTURE,
    OUT_OF_ORDER,
    DUPLICATE,
    SIMULATED,
    UNCONVERTIBLE,
) = map(np.uint16, list(Flag)[:14])
NO_VALUE = np.uint16(WITHOUT_VALUE)
DOUBTFUL = OUT_OF_RANGE | NEGATIVE | SIMULATED
"""What keeps a sample from being the one that later changes are measured from."""
CODE = np.uint32(0xFFFF0000)
LAST_USABLE = np.uint32(Status.UNCERTAIN_LAST_USABLE)
EDITED = np.uint32(Status.GOOD_EDITED)
QARTOD_GOOD = np.uint8(Qartod.GOOD)
_NONE = np.zeros(0, dtype=np.intp)


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
        return self._verdict(*self.judge(samples, now_ns), samples)

    def judge(self, samples: FlatSamples, now_ns: int) -> tuple[Floats, Flags]:
        """Do as `process` does, for those who look at nothing but values and flags."""
        segments, time = samples.segments, samples.time
        flags = samples.flags.copy()
        absent = _flag_absent(samples, flags)
        value = samples.value
        if absent.size and not np.isnan(value[absent]).all():
            value = value.copy()
            value[absent] = np.nan
        advancing = self._flag_each_alone(value, time, segments, flags, now_ns)
        if absent.size or not advancing.all():
            usable = advancing.copy()
            usable[absent] = False
            part, known, among = flags[usable], value[usable], segments.subset(usable)
            at, habits = habit_flags(self, known, among)
            self._flag_course(known, time[usable], among, part)
            flags[usable] = part
            at = usable.nonzero()[0][at] if at.size else at
        else:
            at, habits = habit_flags(self, value, segments)
            self._flag_course(value, time, segments, flags)
        if not at.size:
            return value, flags
        wide = flags.astype(np.uint32)  # what is seldom found has the bits that sixteen do not hold
        wide[at] |= habits
        return value, wide

    def newly_silent(self, now_ns: int, *, intervals: float = 3.0, at_least_ns: int = 0) -> Indices:
        """Return sensors unheard for `intervals` of their own and for `at_least_ns`, once per silence."""
        quiet = (self.heard_ns != NEVER) & ~self.reported & (now_ns - self.heard_ns > at_least_ns)
        candidates = np.flatnonzero(quiet)
        long = checks.silent(self.heard_ns[candidates], self.intervals_ns(candidates), now_ns, intervals)
        found = candidates[long]
        self.reported[found] = True
        return found

    def _flag_each_alone(
        self, value: Floats, time: Times, segments: Segments, flags: Flags, now_ns: int
    ) -> Bools:
        """Flag what a value and its time show without a look at other values; return which times advance."""
        pick, spread = segments.pick, segments.spread
        lowest, highest = spread(self.lowest[pick]), spread(self.highest[pick])
        _mark(flags, OUT_OF_RANGE, checks.out_of_range(value, lowest, highest))
        _mark(flags, NEGATIVE, checks.negative(value, spread(self.non_negative[pick])))
        _mark(flags, STALE, checks.older_than(time, now_ns, spread(self.stale_after_ns[pick])))
        ahead = checks.ahead(time, now_ns, self._clock_tolerance_ns)
        if not _mark(flags, FUTURE, ahead):
            return self._flag_order(time, segments, flags, now_ns)
        present = ~ahead  # a time in the future counts for nothing
        part, advancing = flags[present], np.zeros(time.size, dtype=np.bool_)
        advancing[present] = self._flag_order(time[present], segments.subset(present), part, now_ns)
        flags[present] = part
        return advancing

    def _flag_order(self, time: Times, segments: Segments, flags: Flags, now_ns: int) -> Bools:
        """Flag times that do not advance, return those that do."""
        before = checks.newest_before(time, segments, self.newest_time[segments.pick])
        advancing = time > before
        if advancing.all():
            self._hear(time, segments, now_ns)
        else:
            _mark(flags, OUT_OF_ORDER, time < before)
            _mark(flags, DUPLICATE, time == before)
            self._hear(time[advancing], segments.subset(advancing), now_ns)
        return advancing

    def _hear(self, time: Times, segments: Segments, now_ns: int) -> None:
        self.times.push(time, segments)
        pick = segments.pick
        self.newest_time[pick] = segments.last(time)
        self.heard_ns[pick] = now_ns
        self.reported[pick] = False

    def _flag_course(self, value: Floats, time: Times, segments: Segments, flags: Flags) -> None:
        """Flag changes that are too fast or absent, in samples with a value and a time that advances."""
        self._flag_still(value, segments, flags)
        trusted = flags & DOUBTFUL == 0
        pick, spread = segments.pick, segments.spread
        too_fast = checks.rate_of_change(
            checks.Course(value, time, spread(self.rate_limit[pick]), spread(self.deadband[pick])),
            trusted,
            segments,
            last_value=self.good_value[pick],
            last_time=self.good_time[pick],
        )
        _mark(flags, RATE_OF_CHANGE, too_fast)
        good = segments.last_of_each(trusted & ~too_fast)
        found = good >= 0
        sensors, good = segments.sensors[found], good[found]
        self.good_value[sensors] = value[good]
        self.good_time[sensors] = time[good]

    def _flag_still(self, value: Floats, segments: Segments, flags: Flags) -> None:
        pick = segments.pick
        tolerance = segments.spread(self.still_tolerance[pick])
        count = segments.spread(self.still_count[pick])
        run = checks.still_run(
            value, segments, tolerance, last_value=self.last_value[pick], run_before=self.run[pick]
        )
        suspects = (run >= count).nonzero()[0]
        if suspects.size:
            suspects = suspects[
                ~checks.at_rest(value[suspects], self.non_negative[segments.sensor[suspects]])
            ]
        for length in np.unique(count[suspects]).tolist() if suspects.size else ():
            at = suspects[count[suspects] == length]
            windows = self.values.windows(length, value, segments, at)
            flags[at[checks.within_tolerance(windows, tolerance[at])]] |= FLATLINE
        self.values.push(value, segments)
        self.last_value[pick] = segments.last(value)
        self.run[pick] = segments.last(run)

    def _verdict(self, value: Floats, flags: Flags, samples: FlatSamples) -> CleanSamples:
        """Look up what the flags mean; most samples have none, and those keep the device's status."""
        status = samples.status.copy()
        qartod = np.full(flags.size, QARTOD_GOOD, dtype=np.uint8)
        quality = np.full(flags.size, BEST_SCORE, dtype=np.uint8)
        if (at := flags.nonzero()[0]).size:
            found = flags[at]
            status[at] = status_from_flags(found, status[at])
            qartod[at] = qartod_from_flags(found)
            quality[at] = score(found, self.weights[samples.segments.sensor[at]])
        return CleanSamples(value=value, flags=flags, status=status, qartod=qartod, quality=quality)


def _flag_absent(samples: FlatSamples, flags: Flags) -> Indices:
    """Flag samples without a number and what the device says of them; return those without a value."""
    finite = np.isfinite(samples.value)
    if finite.all():
        absent = _NONE
    else:
        absent = np.flatnonzero(~finite)
        unread = flags[absent] & UNCONVERTIBLE
        missing = np.isnan(samples.value[absent])
        flags[absent] |= np.where(missing, np.where(unread, np.uint16(0), MISSING), NOT_FINITE)
    if samples.status.any():
        severity, code = checks.severity(samples.status), samples.status & CODE
        _mark(flags, SENSOR_STATUS_BAD, severity >= 2)
        _mark(flags, SENSOR_STATUS_UNCERTAIN, severity == 1)
        _mark(flags, STALE, code == LAST_USABLE)
        _mark(flags, SIMULATED, code == EDITED)
    if samples.status.any() or samples.flags.any():
        absent = np.flatnonzero(flags & NO_VALUE)
    return absent


def _mark(flags: Flags, flag: np.uint16, mask: Bools) -> bool:
    """Set a flag where the mask says so; tell whether it does anywhere."""
    found = bool(np.count_nonzero(mask))
    if found:  # most checks object to nothing
        flags[mask.nonzero()[0]] |= flag
    return found
