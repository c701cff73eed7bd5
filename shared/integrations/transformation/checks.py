"""Checks on arrays of samples: each is a pure function and returns a mask of the samples it objects to.

Arrays are flat over many sensors (see `segments`); times are UTC nanoseconds. A limit of infinity or a count
of 0 switches a check off, and NaN, being no number, offends against no limit.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .segments import Bools, Floats, Indices, Segments, Times

NANOSECONDS_PER_SECOND = 1_000_000_000
NANOSECONDS_PER_MINUTE = 60 * NANOSECONDS_PER_SECOND
FEW = 3
"""Where no more than one in so many is looked at, picking them out pays."""


def out_of_range(value: Floats, lowest: Floats | float, highest: Floats | float) -> Bools:
    """Samples outside the closed interval."""
    return (value < lowest) | (value > highest)


def negative(value: Floats, impossible: Bools | bool = True) -> Bools:
    """Samples below zero where nothing can be."""
    return (value < 0.0) & impossible


def at_rest(value: Floats, impossible: Bools | bool = True) -> Bools:
    """Samples that are zero where nothing can be below: a valve is shut, no sensor is stuck."""
    resting: Bools = (value == 0.0) & impossible
    return resting


def severity(status: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return 0 Good, 1 Uncertain, 2 or 3 Bad (OPC UA Part 4 §7.39, bits 31 and 30)."""
    return status >> np.uint32(30)


def ahead(time: Times, now_ns: int, tolerance_ns: int) -> Bools:
    """Samples from the future: their clock is wrong."""
    return time > now_ns + tolerance_ns


def older_than(time: Times, now_ns: int, age_ns: Times | int) -> Bools:
    """Samples that were old when they arrived."""
    return now_ns - time > age_ns


def newest_before(time: Times, segments: Segments, carried: Times) -> Times:
    """Return for each sample the newest time its sensor had shown before it; `carried` is one per segment."""
    before = segments.previous(time, carried)
    if bool((time > before).all()):
        return before
    # Ranked by segment first, no earlier segment can outrank a later one: one running maximum does for all.
    order = np.lexsort((time, segments.start_of))
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    newest = time[order][np.maximum.accumulate(rank)]
    return np.maximum(segments.previous(newest, carried), segments.spread(carried))


@dataclass(frozen=True)
class Course:
    """Values of sensors over rising times, and how fast each may change."""

    value: Floats
    time: Times
    limit_per_minute: Floats
    deadband: Floats
    """A change this small is always believable."""

    def everywhere_too_fast(self, from_value: Floats, from_time: Times) -> Bools:
        """Do as `too_fast` of all samples, of which most are within their deadband."""
        step = np.abs(self.value - from_value)
        beyond = step > self.deadband
        at = beyond.nonzero()[0]
        if at.size * FEW > step.size:
            return self.too_fast(slice(None), from_value, from_time)
        beyond[at] = self.too_fast(at, from_value[at], from_time[at])
        return beyond

    def too_fast(self, at: int | slice | Indices, from_value: Floats, from_time: Times) -> Bools:
        """Tell whether the samples `at` are further from earlier ones than the time between them allows."""
        minutes = (self.time[at] - from_time) / NANOSECONDS_PER_MINUTE
        allowed = np.maximum(self.deadband[at], self.limit_per_minute[at] * minutes)
        return _mask(np.abs(self.value[at] - from_value) > allowed)


def rate_of_change(
    course: Course, trusted: Bools, segments: Segments, *, last_value: Floats, last_time: Times
) -> Bools:
    """Samples that left the last good one faster than believable.

    A sample is good when it is `trusted` and passes this check; `last_value` and `last_time` are the last
    good ones before the array, per segment, NaN where there was none. What is allowed grows with the time
    since the last good sample: a spike costs one flag, and a step that stays is accepted once it could have
    been reached at the limit.
    """
    if segments.one_each:
        return course.everywhere_too_fast(last_value, last_time)
    from_value = segments.previous(course.value, last_value)
    from_time = segments.previous(course.time, last_time)
    if (after := segments.followers((~trusted).nonzero()[0])).size:
        good = segments.latest(trusted)[after - 1]
        segment = segments.segment_of(after)
        from_value[after] = np.where(good >= 0, course.value[good], last_value[segment])
        from_time[after] = np.where(good >= 0, course.time[good], last_time[segment])
    too_fast = course.everywhere_too_fast(from_value, from_time)
    # So far every trusted sample was taken for good. What follows a refused one is compared with the good one
    # before it, until one is good again: only these are walked, one by one.
    refusals = (too_fast & trusted).nonzero()[0]
    if not refusals.size:
        return too_fast
    # Mostly the next one is good again: that is worked out for all of them at once.
    after = np.minimum(refusals + 1, trusted.size - 1)
    good_again = trusted[after] & ~course.too_fast(after, from_value[refusals], from_time[refusals])
    good_again &= (after > refusals) & (segments.start_of[after] < after)
    settled = -1
    for refused, at_once in zip(refusals.tolist(), good_again.tolist(), strict=True):
        if refused <= settled:
            continue
        if at_once:
            settled = refused + 1
            too_fast[settled] = False
        else:
            end = int(segments.lasts[np.searchsorted(segments.starts, refused, side="right") - 1])
            settled = end
            for sample in range(refused + 1, end + 1):
                too_fast[sample] = course.too_fast(sample, from_value[refused], from_time[refused])
                if trusted[sample] and not too_fast[sample]:
                    settled = sample
                    break
    return too_fast


def still_run(
    value: Floats, segments: Segments, tolerance: Floats, *, last_value: Floats, run_before: Indices
) -> Indices:
    """Return for each sample how many in a row, itself included, hardly left the one before."""
    near = np.abs(value - segments.previous(value, last_value)) <= tolerance
    return kept_for(near, segments, run_before - 1) + 1


def kept_for(mask: Bools, segments: Segments, before: Indices) -> Indices:
    """Return for each sample how many in a row, itself included, are in the mask; `before` is per segment."""
    run = np.zeros(mask.size, dtype=np.intp)
    at = mask.nonzero()[0]
    if at.size:
        begins = segments.start_of[at] == at
        begins[0] = True
        begins[1:] |= at[1:] != at[:-1] + 1
        begin = np.maximum.accumulate(np.where(begins, at, 0))
        run[at] = at - begin + 1
        if (carried := at[segments.start_of[at] == begin]).size:
            run[carried] += before[segments.segment_of(carried)]
    return run


def within_tolerance(windows: Floats, tolerance: Floats) -> Bools:
    """Rows of readings that all lie within tolerance of each other."""
    return _mask(windows.max(axis=1) - windows.min(axis=1) <= tolerance)


def silent(last_heard: Times, interval_ns: Floats, now_ns: int, intervals: float) -> Bools:
    """Sensors unheard for more than so many of their own intervals; NaN is an interval nobody knows yet."""
    return (now_ns - last_heard) > intervals * interval_ns


def _mask(found: Any) -> Bools:
    """Give a comparison the type that numpy's stubs lose on the way."""
    return found  # type: ignore[no-any-return]  # see above
