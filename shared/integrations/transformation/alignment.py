"""Series brought to other times: array in, array out, times in nanoseconds."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from numbers import Real
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .errors import InvalidArgumentError, UnknownMethodError
from .segments import Bools, Floats, Indices, Times

Scalar = TypeVar("Scalar", bound=np.generic)

ALIGNMENT_METHODS = ("linear", "nearest", "previous", "next")
EXACT = 1.0
LINEAR, HELD, NEAREST, STEP = 0.9, 0.85, 0.95, 0.9
"""What remains of a value's quality when it is taken for another time."""
MOST_BINS = 10_000_000


@dataclass(frozen=True)
class Aligned:
    """Values at the times asked for."""

    value: Floats
    """NaN where the method has none."""
    factor: Floats
    """What remains of the quality: 1 where a sample lies at that very time, 0 where there is no value."""
    source: Indices
    """Position of the sample that the value mainly comes from, −1 for none."""


def align(time: Times, value: Floats, targets: Times, method: str = "linear") -> Aligned:
    """Return the series' values at other times.

    Args:
        time: of the samples, in any order; of several at one time the first counts.
        value: NaN where missing; such samples are passed over.
        targets: in any order.
        method: `linear` holds the end values outside the samples; `nearest` takes the earlier of two as near;
            `previous` and `next` have no value before the first, after the last sample.

    Raises:
        UnknownMethodError: lists the known ones.
    """
    if method not in ALIGNMENT_METHODS:
        raise UnknownMethodError("alignment method", method, ALIGNMENT_METHODS)
    present = np.flatnonzero(np.isfinite(value))
    known, first = np.unique(time[present], return_index=True)
    index = present[first]
    if not known.size:
        none = np.full(targets.size, np.nan)
        return Aligned(none, np.zeros(targets.size), np.full(targets.size, -1, dtype=np.intp))
    after = np.searchsorted(known, targets)
    before = np.searchsorted(known, targets, side="right") - 1
    exact = after <= before
    left, right = np.maximum(before, 0), np.minimum(after, known.size - 1)
    nearer = np.where(targets - known[left] <= known[right] - targets, left, right)
    nearer = np.where(before < 0, right, np.where(after >= known.size, left, nearer))
    if method == "linear":
        length = np.maximum(known[right] - known[left], 1)
        share = np.where(left < right, (targets - known[left]) / length, 0.0)
        aligned = value[index[left]] * (1 - share) + value[index[right]] * share
        held = (before < 0) | (after >= known.size)
        factor, source = np.where(held, HELD, LINEAR), index[nearer]
        aligned = np.where(held, value[source], aligned)
    else:
        chosen = {"nearest": nearer, "previous": before, "next": after}[method]
        there = (chosen >= 0) & (chosen < known.size)
        source = np.where(there, index[np.clip(chosen, 0, known.size - 1)], -1)
        aligned = np.where(there, value[source], np.nan)
        factor = np.where(there, NEAREST if method == "nearest" else STEP, 0.0)
    aligned = np.where(exact, value[index[left]], aligned)
    return Aligned(aligned, np.where(exact, EXACT, factor), np.where(exact, index[left], source))


def nanoseconds(interval: timedelta | np.timedelta64 | float) -> int:
    """Return an interval, in seconds where it is a number, as nanoseconds.

    Raises:
        InvalidArgumentError: not above 0.
    """
    seconds = interval
    if isinstance(interval, np.timedelta64):
        seconds = float("nan") if np.isnat(interval) else float(interval / np.timedelta64(1, "s"))
    elif isinstance(interval, timedelta):
        seconds = interval.total_seconds()
    if not (isinstance(seconds, Real) and math.isfinite(seconds) and round(float(seconds) * 1e9) > 0):
        raise InvalidArgumentError(f"interval must be greater than 0, got {interval!r}")
    return round(float(seconds) * 1e9)


class Bins:
    """Samples sorted into intervals of equal length, which begin at whole multiples since 1970.

    Args:
        time: nanoseconds, in any order.
        interval_ns: length of an interval.

    Raises:
        InvalidArgumentError: interval not above 0, or more than ten million of them.
    """

    def __init__(self, time: Times, interval_ns: int) -> None:
        if interval_ns <= 0:
            raise InvalidArgumentError(f"interval must be greater than 0, got {interval_ns} ns")
        number = time // interval_ns
        first, last = (int(number.min()), int(number.max())) if time.size else (0, -1)
        if last - first >= MOST_BINS:
            raise InvalidArgumentError(
                f"interval of {interval_ns / 1e9:g} s makes {last - first + 1} of them, more than {MOST_BINS}"
            )
        self.time: Times = np.arange(first, last + 1) * interval_ns
        """Beginning of each interval, the empty ones between others included."""
        self._bin = number - first
        self._order: Indices | None = None
        if (np.diff(self._bin) < 0).any():
            self._order = np.argsort(self._bin, kind="stable")
            self._bin = self._bin[self._order]

    def aggregate(self, value: Floats, aggregation: str = "mean") -> Floats:
        """Return one value for each interval, NaN where none is present in it.

        Raises:
            UnknownMethodError: lists the known ones.
        """
        if aggregation not in AGGREGATIONS:
            raise UnknownMethodError("aggregation", aggregation, AGGREGATIONS)
        ordered = self._ordered(value)
        present = np.isfinite(ordered)
        bins, known = self._bin[present], ordered[present]
        result = np.full(self.time.size, np.nan)
        if known.size:
            starts = _starts(bins)
            result[bins[starts]] = AGGREGATIONS[aggregation](known, starts, bins)
        return result

    def combine(self, flags: NDArray[np.uint32], where: Bools) -> NDArray[np.uint32]:
        """Return for each interval all flags of the samples in `where`."""
        combined = np.zeros(self.time.size, np.uint32)
        chosen = self._ordered(where)
        bins, known = self._bin[chosen], self._ordered(flags)[chosen]
        if known.size:
            starts = _starts(bins)
            combined[bins[starts]] = np.bitwise_or.reduceat(known, starts)
        return combined

    def firsts(self) -> Indices:
        """Return the position of the first sample of each interval, −1 where there is none."""
        found = np.full(self.time.size, -1, dtype=np.intp)
        if self._bin.size:
            starts = _starts(self._bin)
            found[self._bin[starts]] = starts if self._order is None else self._order[starts]
        return found

    def _ordered(self, values: NDArray[Scalar]) -> NDArray[Scalar]:
        return values if self._order is None else values[self._order]


def _starts(bins: Indices) -> Indices:
    return np.flatnonzero(np.diff(bins, prepend=-1))


def _means(value: Floats, starts: Indices, _: Indices) -> Floats:
    means: Floats = np.add.reduceat(value, starts) / np.diff(starts, append=value.size)
    return means


def _medians(value: Floats, starts: Indices, bins: Indices) -> Floats:
    ordered = value[np.lexsort((value, bins))]
    count = np.diff(starts, append=value.size)
    medians: Floats = (ordered[starts + (count - 1) // 2] + ordered[starts + count // 2]) / 2
    return medians


AGGREGATIONS: Mapping[str, Callable[[Floats, Indices, Indices], Floats]] = {
    "mean": _means,
    "median": _medians,
    "max": lambda value, starts, _: np.maximum.reduceat(value, starts),
    "min": lambda value, starts, _: np.minimum.reduceat(value, starts),
    "sum": lambda value, starts, _: np.add.reduceat(value, starts),
}
