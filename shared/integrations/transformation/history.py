"""The last readings of each sensor, in a ring of rows: sensors that keep pace share a row."""

import numpy as np
from numpy.typing import NDArray

from .segments import Indices, Segments


class History:
    """A ring of `width` numbers for each sensor, a power of two; every push costs the same."""

    def __init__(self, width: int, dtype: type[np.float64] | type[np.int64]) -> None:
        self.width = width
        self._wrap = width - 1
        self.rows = np.zeros((width, 0), dtype=dtype)
        """A column for each sensor."""
        self.count = np.zeros(0, dtype=np.int64)
        """Numbers ever pushed, by sensor."""

    def grow(self, size: int) -> None:
        """Make room for `size` sensors."""
        more = size - len(self.count)
        self.rows = np.hstack((self.rows, np.zeros((self.width, more), dtype=self.rows.dtype)))
        self.count = np.concatenate((self.count, np.zeros(more, dtype=np.int64)))

    def push(self, values: NDArray[np.float64] | NDArray[np.int64], segments: Segments) -> None:
        """Remember the samples of a batch, as far as they are still among the last `width`."""
        at = segments.pick
        count = self.count[at]
        if segments.one_each and (count == count[0]).all():
            self.rows[count[0] & self._wrap, at] = values
            self.count[at] += 1
            return
        tail = segments.tail(self.width)
        sensor = segments.sensor[tail]
        self.rows[(self.count[sensor] + segments.rank_of(tail)) & self._wrap, sensor] = values[tail]
        self.count[at] += segments.lengths

    def windows(
        self, length: int, values: NDArray[np.float64], segments: Segments, at: Indices
    ) -> NDArray[np.float64]:
        """Return a row for each sample in `at`: it and the `length` − 1 before it, from batch or ring.

        The batch is not pushed yet, and each of the samples has that many before it.
        """
        back = np.arange(length)
        rank = segments.rank_of(at)[:, np.newaxis] - back
        sensor = segments.sensor[at][:, np.newaxis]
        remembered = self.rows[(self.count[sensor] + rank) & self._wrap, sensor]
        in_batch = values[np.maximum(at[:, np.newaxis] - back, 0)]
        rows: NDArray[np.float64] = np.where(rank >= 0, in_batch, remembered)
        return rows
