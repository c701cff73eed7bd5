"""Runs of missing values in a series, and what stands at their ends."""

from dataclasses import dataclass

import numpy as np

from .segments import Bools, Indices


@dataclass(frozen=True)
class MissingRuns:
    """Positions to be filled, each with the last present one before its run and the first after."""

    at: Indices
    before: Indices
    """−1 where none is present before."""
    after: Indices
    """The size of the series where none is present after."""

    def interior(self, size: int) -> Bools:
        """Tell which positions have present ones on both sides."""
        found: Bools = (self.before >= 0) & (self.after < size)
        return found


def missing_runs(missing: Bools, longest: int | None = None) -> MissingRuns:
    """Find the runs of missing values, leaving out those of more than `longest`."""
    edges = np.flatnonzero(missing[1:] != missing[:-1]) + 1
    if missing.size and (missing[0] or missing[-1]):
        ends = np.array([0, missing.size])[[missing[0], missing[-1]]]
        edges = np.sort(np.concatenate((edges, ends)))
    starts, ends = edges[::2], edges[1::2]
    if longest is not None:
        short = ends - starts <= longest
        starts, ends = starts[short], ends[short]
    lengths = ends - starts
    offset = np.cumsum(lengths) - lengths
    at = np.arange(lengths.sum()) + (starts - offset).repeat(lengths)
    return MissingRuns(at, (starts - 1).repeat(lengths), ends.repeat(lengths))
