"""A sample whose values have times of their own: what changed, when it changed, and nothing else."""

import numpy as np
from numpy.typing import NDArray

from .samples import Sample

NOWHERE = -1
"""Channel of a point that is no number and so has no place on the bus."""


class PointSample(Sample, frozen=True, eq=False, kw_only=True):
    """Points in the order in which they go on: arrays of one length, `values` and `status` among them.

    A channel may have several points, oldest first, or none. `time_ns` is when they were collected.
    """

    channel: NDArray[np.intp]
    """Place of each point's channel among the device's, or NOWHERE."""
    times: NDArray[np.int64]
    """UTC nanoseconds of each point, as its source gave them."""
