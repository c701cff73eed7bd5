"""Outliers among their neighbours: the Hampel filter."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from integrations.transformation.errors import InvalidArgumentError
from integrations.transformation.segments import Bools, Floats

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
    found = np.empty(value.size, dtype=np.bool_)
    for start in range(0, value.size, ROWS_AT_ONCE):
        at = np.arange(start, min(start + ROWS_AT_ONCE, value.size))
        row = np.clip(at - half, 0, last)
        block = windows[row[0] : row[-1] + 1]
        median = np.partition(block, half, axis=1)[:, half]
        spread = np.partition(np.abs(block - median[:, np.newaxis]), half, axis=1)[:, half]
        scale = np.maximum(MAD_TO_SIGMA * spread, floor)
        inside = row - row[0]
        found[at] = np.abs(value[at] - median[inside]) > threshold * scale[inside]
    return found
