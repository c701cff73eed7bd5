"""How a sensor behaves over its samples: still, at its limit, noisier than it was, with gaps, too fast.

Stillness and rate are the streaming checks' own functions on one sensor.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from integrations.transformation import checks
from integrations.transformation.errors import InvalidArgumentError
from integrations.transformation.habits import (
    DRIFT_VALUES,
    NOISE_CHANGES,
    NOISE_FACTOR,
    RECENT,
    SIGMA_PER_MEAN_CHANGE,
    far_from_recent,
)
from integrations.transformation.segments import Bools, Floats, Segments, Times

GAP_INTERVALS = 3.0
ROWS_AT_ONCE = 32_768
"""Windows are laid out one by one in so many rows, to stay within a core's cache."""


def flatline(value: Floats, count: int, tolerance: float) -> Bools:
    """Find samples that, with the `count` − 1 before them, all lie within `tolerance` of each other."""
    if count < 2:
        raise InvalidArgumentError(f"count must be at least 2, got {count!r}")
    present = np.flatnonzero(np.isfinite(value))
    found = np.zeros(value.size, dtype=np.bool_)
    known = value[present]
    if known.size < count:
        return found
    run = checks.still_run(
        known,
        _one(known.size),
        np.full(known.size, tolerance),
        last_value=np.full(1, np.nan),
        run_before=np.zeros(1, dtype=np.intp),
    )
    suspects = np.flatnonzero(run >= count)
    windows = sliding_window_view(known, count)
    for block in np.array_split(suspects, suspects.size * count // 1_000_000 + 1):
        still = checks.within_tolerance(windows[block - count + 1], np.full(block.size, tolerance))
        found[present[block[still]]] = True
    return found


def rate_of_change(value: Floats, time: Times, limit_per_minute: float, deadband: float = 0.0) -> Bools:
    """Find samples that left the last good one too fast; `time` in nanoseconds, rising."""
    present = np.isfinite(value)
    known, times = value[present], time[present]
    found = np.zeros(value.size, dtype=np.bool_)
    if known.size:
        course = checks.Course(
            known, times, np.full(known.size, float(limit_per_minute)), np.full(known.size, deadband)
        )
        found[present] = checks.rate_of_change(
            course,
            np.ones(known.size, dtype=np.bool_),
            _one(known.size),
            last_value=np.full(1, np.nan),
            last_time=np.full(1, -1, dtype=np.int64),
        )
    return found


def stuck_at_limit(value: Floats, lowest: float, highest: float, count: int, tolerance: float) -> Bools:
    """Find samples that, with the `count` − 1 before them, lie at or beyond the same end of the range."""
    if count < 1:
        raise InvalidArgumentError(f"count must be at least 1, got {count!r}")
    found = np.zeros(value.size, dtype=np.bool_)
    for end in (value <= lowest + tolerance, value >= highest - tolerance):
        if end.any():
            present = np.flatnonzero(np.isfinite(value))
            run = checks.kept_for(end[present], _one(present.size), np.zeros(1, dtype=np.intp))
            found[present[run >= count]] = True
    return found


def noise_level(value: Floats, window: int = NOISE_CHANGES) -> Floats:
    """Return the standard deviation of the noise in the last `window` changes, NaN until there are as many.

    It is taken from the changes between neighbours, so that a slope or a wave much slower than the samples
    does not count as noise; missing values are passed over.
    """
    if window < 2:
        raise InvalidArgumentError(f"window must be at least 2, got {window!r}")
    level = np.full(value.size, np.nan)
    present = np.flatnonzero(np.isfinite(value))
    if present.size > window:
        sums = np.concatenate(([0.0], np.cumsum(np.abs(np.diff(value[present])))))
        level[present[window:]] = (sums[window:] - sums[:-window]) * (SIGMA_PER_MEAN_CHANGE / window)
    return level


def noise_change(
    value: Floats, expected: float = 0.0, factor: float = NOISE_FACTOR, window: int = NOISE_CHANGES
) -> Bools:
    """Find samples whose noise exceeds `factor` times what is expected; 0 expects the series' median."""
    if not factor > 0:
        raise InvalidArgumentError(f"factor must be greater than 0, got {factor!r}")
    level = noise_level(value, window)
    known = level[np.isfinite(level)]
    usual = expected or (float(np.median(known)) if known.size else 0.0)
    found: Bools = level > factor * usual if usual > 0 else np.zeros(value.size, dtype=np.bool_)
    return found


def left_baseline(value: Floats, limit: float, window: int = DRIFT_VALUES) -> Bools:
    """Find samples from where the mean of the last `window` is more than `limit` from that of the first."""
    if not limit > 0:
        raise InvalidArgumentError(f"limit must be greater than 0, got {limit!r}")
    found = np.zeros(value.size, dtype=np.bool_)
    present = np.flatnonzero(np.isfinite(value))
    if present.size >= 2 * window:
        sums = np.concatenate(([0.0], np.cumsum(value[present])))
        means = (sums[window:] - sums[:-window]) / window
        found[present[2 * window - 1 :]] = np.abs(means[window:] - means[0]) > limit
    return found


def beyond_recent(value: Floats, threshold: float = 3.0, resolution: float = 0.0) -> Bools:
    """Find samples more than `threshold` standard deviations from the mean of the ten before them."""
    found = np.zeros(value.size, dtype=np.bool_)
    present = np.flatnonzero(np.isfinite(value))
    known = value[present]
    if known.size > RECENT:
        windows = sliding_window_view(known, RECENT + 1)
        for start in range(0, len(windows), ROWS_AT_ONCE):
            rows = windows[start : start + ROWS_AT_ONCE, ::-1]
            far = far_from_recent(rows, threshold, resolution)
            found[present[RECENT + start : RECENT + start + len(rows)]] = far
    return found


def sampling_interval_ns(time: Times) -> float:
    """Return the median time between neighbouring samples, whatever their order; NaN below two times."""
    steps = np.diff(time)
    if steps.size and steps.min() < 0:
        steps = np.diff(np.sort(time))
    steps = steps[steps > 0]
    if not steps.size:
        return float("nan")
    shortest = int(steps.min())  # a clockwork's own, which needs no sorting
    return (
        float(shortest) if 2 * np.count_nonzero(steps == shortest) > steps.size else float(np.median(steps))
    )


def after_gap(time: Times, interval_ns: float | None = None, intervals: float = GAP_INTERVALS) -> Bools:
    """Find samples that came more than so many intervals after the one before them in time.

    Args:
        time: nanoseconds, rising.
        interval_ns: the sensor's own; None takes the median of the series.
        intervals: how many may pass.
    """
    usual = sampling_interval_ns(time) if interval_ns is None else interval_ns
    found = np.zeros(time.size, dtype=np.bool_)
    found[1:] = np.diff(time) > intervals * usual
    return found


def _one(size: int) -> Segments:
    return Segments(np.zeros(size, dtype=np.intp))
