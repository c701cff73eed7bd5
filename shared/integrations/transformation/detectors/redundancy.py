"""Sensors of the same thing that disagree."""

import numpy as np

from integrations.transformation.errors import check_number
from integrations.transformation.segments import Bools, Floats


def middle(values: Floats) -> Floats:
    """Return the median of the sensors present at each time, NaN where none is; rows are sensors."""
    ordered = np.sort(values, axis=0)  # NaN comes last
    present = np.isfinite(values).sum(axis=0)
    last = max(0, len(values) - 1)
    low, high = np.minimum(np.maximum(present - 1, 0) // 2, last), np.minimum(present // 2, last)
    columns = np.arange(values.shape[1])
    medians: Floats = (ordered[low, columns] + ordered[high, columns]) / 2
    return medians


def inconsistent(values: Floats, tolerance: float) -> Bools:
    """Find values further than `tolerance` from the median of their fellows at the same time.

    Of two sensors that disagree nobody can say which one lies: both are found.

    Args:
        values: a row for each sensor, a column for each time; NaN where missing.
        tolerance: in the values' unit.

    Raises:
        InvalidArgumentError: negative tolerance.
    """
    check_number("tolerance", tolerance)
    if not len(values):
        return np.zeros(values.shape, dtype=np.bool_)
    allowed = np.where(np.isfinite(values).sum(axis=0) == 2, tolerance / 2, tolerance)
    found: Bools = np.abs(values - middle(values)) > allowed
    return found
