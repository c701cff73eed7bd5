"""The last readings of each sensor, as rows of a ring."""

import numpy as np
from numpy.typing import NDArray

from .segments import Indices, Segments


class History:
    """A ring of `width` numbers for each sensor, a power of two; every push costs the same."""

    def __init__(self, width: int, dtype: type[np.float64] | type[np.int64]) -> None:
        self.width = width
        self._wrap = width - 1
        self.rows = np.zeros((0, width), dtype=dtype)
        self.count = np.zeros(0, dtype=np.int64)
        """Numbers ever pushed, by sensor."""

    def grow(self, size: int) -> None:
        """Make room for `size` sensors."""
        more = size - len(self.count)
        self.rows = np.concatenate((self.rows, np.zeros((more, self.width), dtype=self.rows.dtype)))
        self.count = np.concatenate((self.count, np.zeros(more, dtype=np.int64)))

    def push(self, values: NDArray[np.float64] | NDArray[np.int64], segments: Segments) -> None:
        """Remember the samples of a batch, as far as they are still among the last `width`."""
        tail = segments.tail(self.width)
        sensor = segments.sensor[tail]
        self.rows[sensor, (self.count[sensor] + segments.rank_of(tail)) & self._wrap] = values[tail]
        self.count[segments.sensors] += segments.lengths

    def windows(
        self, length: int, values: NDArray[np.float64], segments: Segments, at: Indices
    ) -> NDArray[np.float64]:
        """Return a row for each sample in `at`: it and the `length` − 1 before it, from batch or ring.

        The batch is not pushed yet, and each of the samples has that many before it.
        """
        back = np.arange(length)
        rank = segments.rank_of(at)[:, np.newaxis] - back
        sensor = segments.sensor[at][:, np.newaxis]
        remembered = self.rows[sensor, (self.count[sensor] + rank) & self._wrap]
        in_batch = values[np.maximum(at[:, np.newaxis] - back, 0)]
        rows: NDArray[np.float64] = np.where(rank >= 0, in_batch, remembered)
        return rows
