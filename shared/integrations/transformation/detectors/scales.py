"""How far values scatter, and what they cannot scatter less than."""

import numpy as np

from integrations.transformation.errors import InvalidArgumentError
from integrations.transformation.habits import ROUNDING
from integrations.transformation.segments import Floats

MAD_TO_SIGMA = 1.482602218505602
"""Standard deviation of a normal distribution over its median absolute deviation: 1 / Φ⁻¹(3/4)."""


def checked_threshold(threshold: float) -> float:
    """Return a threshold that is a number above zero.

    Raises:
        InvalidArgumentError: names it otherwise.
    """
    if not (isinstance(threshold, int | float | np.number) and np.isfinite(threshold) and threshold > 0):
        raise InvalidArgumentError(f"threshold must be a number greater than 0, got {threshold!r}")
    return float(threshold)


def least_scale(value: Floats, resolution: float) -> float:
    """Return the scatter below which values count as equal: the sensor's resolution, at least rounding.

    Args:
        value: finite values.
        resolution: of the sensor; 0 where it is not known.
    """
    if not value.size or resolution >= ROUNDING * max(-float(value.min()), float(value.max())):
        return resolution
    return max(resolution, ROUNDING * float(np.median(np.abs(value))))


def guessed_resolution(value: Floats) -> float:
    """Return the smallest step between values that each occur at least twice, 0 where there is none.

    A sensor at rest flickers between neighbouring counts, so both recur; an outlier stands alone.
    """
    values, counts = np.unique(value, return_counts=True)
    recurring = values[counts > 1]
    return float(np.diff(recurring).min()) if recurring.size > 1 else 0.0


def median_scale(value: Floats, median: float, resolution: float) -> float:
    """Return the standard deviation that the median absolute deviation amounts to, floored.

    Where more than half the values are equal it is 0, and without a `resolution` the guessed one counts.
    """
    scale = MAD_TO_SIGMA * float(np.median(np.abs(value - median)))
    if scale == 0.0 and resolution == 0.0:
        scale = guessed_resolution(value)
    return max(scale, least_scale(value, resolution))
