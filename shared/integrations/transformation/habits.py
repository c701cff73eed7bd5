"""What a sensor does against its habits, as functions on windows of its last values: a row for each sample.

A row holds the sample first and those before it behind; it costs the same however long the sensor has run.
"""

from typing import Any

import numpy as np

from .segments import Bools, Floats

NOISE_CHANGES = 30
"""Changes from sample to sample that a sensor's noise is taken from."""
NOISE_FACTOR = 3.0
"""So many times its usual noise is too much."""
DRIFT_VALUES = 50
"""Values whose mean is a level; the first so many are what the sensor drifts from."""
RECENT = 10
"""Values before a sample that it is compared with."""
ROUNDING = 1e-12
"""Scatter this small beside the values themselves comes from arithmetic."""
SIGMA_PER_MEAN_CHANGE = float(np.sqrt(np.pi)) / 2
"""Standard deviation of normal noise over the mean size of its changes from sample to sample."""


def noisy(windows: Floats, usual: Floats) -> Bools:
    """Rows of 31 values whose changes are too large for noise of this standard deviation."""
    level = np.abs(np.diff(windows, axis=1)).mean(axis=1) * SIGMA_PER_MEAN_CHANGE
    return _mask(level > NOISE_FACTOR * usual)


def drifted(windows: Floats, baseline: Floats, limit: Floats) -> Bools:
    """Rows of 50 values whose mean has left the baseline by more than the limit."""
    return _mask(np.abs(windows.mean(axis=1) - baseline) > limit)


def far_from_recent(windows: Floats, deviations: Floats | float, resolution: Floats | float) -> Bools:
    """Rows of 11 values whose first is more than so many standard deviations from the mean of the others.

    Args:
        windows: the sample first.
        deviations: how many.
        resolution: of the sensor, the least deviation that counts.
    """
    before = windows[:, 1:]
    mean = before.mean(axis=1)
    least = np.maximum(resolution, ROUNDING * np.abs(mean))
    scale = np.maximum(before.std(axis=1, ddof=1), least)
    return _mask(np.abs(windows[:, 0] - mean) > deviations * scale)


def _mask(found: Any) -> Bools:
    """Give a comparison the type that numpy's stubs lose on the way."""
    return found  # type: ignore[no-any-return]  # see above
