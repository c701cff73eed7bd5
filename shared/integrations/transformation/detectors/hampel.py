"""Outliers among their neighbours: the Hampel filter."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from integrations.transformation.errors import InvalidArgumentError
from integrations.transformation.segments import Bools, Floats, Indices

from .scales import MAD_TO_SIGMA, checked_threshold, guessed_resolution, least_scale
from .verdict import Verdict, among, blind

HALF_WINDOW = 5
ROWS_AT_ONCE = 32_768
"""Windows are laid out one by one in so many rows, to stay within a core's cache."""


def hampel(
    value: Floats, threshold: float = 3.0, resolution: float = 0.0, *, half_window: int = HALF_WINDOW
) -> Verdict:
    """Find values far from the median of their window, in deviations of that window.

    In a short window the median absolute deviation is often tiny by chance: give the sensor's resolution or
    noise as a floor, or expect false alarms.

    Args:
        value: in the order of time, NaN where missing; windows reach over missing values.
        threshold: in standard deviations, estimated from the median absolute deviation.
        resolution: the least deviation that counts.
        half_window: neighbours on either side; at the ends the window is the first or last whole one.

    Raises:
        InvalidArgumentError: threshold or half_window out of bounds.
    """
    threshold = checked_threshold(threshold)
    if half_window < 1:
        raise InvalidArgumentError(f"half_window must be at least 1, got {half_window!r}")
    finite = np.isfinite(value)
    present = value if finite.all() else value[finite]
    if present.size < 3:
        return blind(value, f"hampel needs 3 values, there are {present.size}")
    width = min(2 * half_window + 1, present.size - 1 + present.size % 2)
    floor = least_scale(present, resolution or guessed_resolution(present))
    return Verdict(among(finite, _far_in_windows(present, width, threshold, floor)))


def _far_in_windows(value: Floats, width: int, threshold: float, floor: float) -> Bools:
    windows = sliding_window_view(value, width)
    half, last = width // 2, len(windows) - 1
    found = np.zeros(value.size, dtype=np.bool_)
    suspects = _off_most_neighbours(value, half, threshold * floor)
    for start in range(0, suspects.size, ROWS_AT_ONCE):
        at = suspects[start : start + ROWS_AT_ONCE]
        block = windows[np.clip(at - half, 0, last)]
        median = np.partition(block, half, axis=1)[:, half]
        spread = np.partition(np.abs(block - median[:, np.newaxis]), half, axis=1)[:, half]
        scale = np.maximum(MAD_TO_SIGMA * spread, floor)
        found[at] = np.abs(value[at] - median) > threshold * scale
    return found


def _off_most_neighbours(value: Floats, half: int, allowed: float) -> Indices:
    """Return the values that may be far from their median: all others have most neighbours within `allowed`.

    Where `half` + 1 of a window's values lie that close together, its median lies among them. In a series
    that is mostly good, next to no window has to be sorted.
    """
    size, run = value.size, half + 1
    if not allowed > 0 or size <= 4 * run:
        return np.arange(size)
    before = run // 2
    suspect = np.ones(size, dtype=np.bool_)
    for start in range(0, size - run + 1, ROWS_AT_ONCE):
        block = value[start : start + ROWS_AT_ONCE + run - 1]
        apart = _rolling(np.maximum, block, run) - _rolling(np.minimum, block, run)
        suspect[start + before : start + before + apart.size] = apart > allowed
    suspect[:half] = suspect[-half:] = True  # their windows do not lie around them
    return np.flatnonzero(suspect)


def _rolling(extreme: np.ufunc, value: Floats, run: int) -> Floats:
    """Return the highest or lowest of each `run` values in a row, in steps that double."""
    found, length = value, 1
    while 2 * length <= run:
        found = extreme(found[:-length], found[length:])
        length *= 2
    if length < run:
        found = extreme(found[: value.size - run + 1], found[run - length :])
    return found
