"""Whether numbers are numbers, asked of every poll."""

import math

import numpy as np
from numpy.typing import NDArray

from .quiet import quiet


def all_finite(values: NDArray[np.float64]) -> bool:
    """Return whether every value of a vector is finite.

    NaN and infinities stay in the sum of squares: one call of numpy in place of two most often.
    """
    return math.isfinite(quiet.run(values.dot, values)) or bool(np.isfinite(values).all())
