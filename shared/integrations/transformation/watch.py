"""The checks that are about a sensor's habits: noise, drift, outliers, and being stuck at a limit."""

import numpy as np
from numpy.typing import NDArray

from integrations.messages import Flag

from . import checks, habits
from .memory import SensorMemory
from .segments import Bools, Floats, Indices, Segments

WideFlags = NDArray[np.uint32]

ROWS_AT_ONCE = 4_096
"""Windows are laid out one by one in so many rows, to stay within a core's cache."""
NOISE, OUTLIER = np.uint32(Flag.NOISE), np.uint32(Flag.OUTLIER)
DRIFT, AT_LIMIT = np.uint32(Flag.DRIFT), np.uint32(Flag.AT_LIMIT)


def habit_flags(memory: SensorMemory, value: Floats, segments: Segments) -> tuple[Indices, WideFlags]:
    """Return which samples offend against their sensors' habits, and how; nearly always none.

    The samples have a value and a time that advances, and are not in the memory's history yet.
    """
    flags = np.zeros(0, np.uint32)
    stopped = _stopped(memory, value, segments)
    if stopped is not None:
        flags = np.where(stopped, AT_LIMIT, np.uint32(0))
    if memory.watches and memory.watched[segments.pick].any():
        flags = flags if flags.size else np.zeros(value.size, np.uint32)
        for start in range(0, value.size, ROWS_AT_ONCE):
            _watch(memory, value, segments, np.arange(start, min(start + ROWS_AT_ONCE, value.size)), flags)
    at = flags.nonzero()[0]
    return at, flags[at]


def _stopped(memory: SensorMemory, value: Floats, segments: Segments) -> Bools | None:
    """Tell which samples lie at the same end of their range as those before; None where none does."""
    pick, spread = segments.pick, segments.spread
    found: Bools | None = None
    ends = (
        (value <= spread(memory.lower_stop[pick]), memory.at_lowest),
        (value >= spread(memory.upper_stop[pick]), memory.at_highest),
    )
    for end, counts in ends:
        if np.count_nonzero(end):
            live = end & ~checks.at_rest(value, spread(memory.non_negative[pick]))
            run = checks.kept_for(live, segments, counts[pick])
            counts[pick] = segments.last(run)
            stopped = run >= spread(memory.still_count[pick])
            if np.count_nonzero(stopped):
                found = stopped if found is None else found | stopped
        elif np.count_nonzero(counts[pick]):
            counts[pick] = 0
    return found


def _watch(
    memory: SensorMemory, value: Floats, segments: Segments, samples: Indices, flags: WideFlags
) -> None:
    """Flag samples of sensors whose habits are watched, each by the values before it."""
    sensor = segments.sensor[samples]
    number = memory.values.count[sensor] + segments.rank_of(samples)  # of values before the sample

    def those(wanted: Bools) -> tuple[Indices, Indices]:
        return samples[wanted], sensor[wanted]

    at, who = those((memory.noise[sensor] > 0) & (number >= habits.NOISE_CHANGES))
    if at.size:
        windows = memory.values.windows(habits.NOISE_CHANGES + 1, value, segments, at)
        flags[at[habits.noisy(windows, memory.noise[who])]] |= NOISE
    at, who = those((memory.outlier_deviations[sensor] > 0) & (number >= habits.RECENT))
    if at.size:
        windows = memory.values.windows(habits.RECENT + 1, value, segments, at)
        far = habits.far_from_recent(windows, memory.outlier_deviations[who], memory.resolution[who])
        flags[at[far]] |= OUTLIER
    drifting = memory.drift_limit[sensor] > 0
    at, who = those(drifting & (number == habits.DRIFT_VALUES - 1))
    if at.size:
        memory.baseline[who] = memory.values.windows(habits.DRIFT_VALUES, value, segments, at).mean(axis=1)
    at, who = those(drifting & (number >= 2 * habits.DRIFT_VALUES - 1))
    if at.size:
        windows = memory.values.windows(habits.DRIFT_VALUES, value, segments, at)
        flags[at[habits.drifted(windows, memory.baseline[who], memory.drift_limit[who])]] |= DRIFT
