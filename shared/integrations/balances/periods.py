"""Samples as they come, made into one value for each variable and period, on a fixed grid of time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from .errors import BalanceError
from .reconciliation import Vector

MAX_OPEN = 10_000
"""Periods that may wait at most; the oldest then end as they are."""


@dataclass(frozen=True)
class Period:
    """Means of the samples between two points of the grid: UTC ns, the end not included."""

    start_ns: int
    end_ns: int
    values: Vector
    """NaN where no sample came."""


@dataclass
class _Sums:
    values: Vector
    counts: Vector = field(init=False)

    def __post_init__(self) -> None:
        self.counts = np.zeros_like(self.values)

    def means(self) -> Vector:
        with np.errstate(invalid="ignore"):
            means: Vector = self.values / self.counts
        return means


class Periods:
    """Collects samples of `count` variables; a period ends by the samples' own times, never by our clock.

    It ends once every variable has a later sample, or any has one that is later by `patience_ns`: whoever is
    silent for longer is missing in it. What comes for a period that has ended is counted and left out, and so
    is what is not newer than the variable's last: a delivery may repeat.
    """

    def __init__(self, count: int, period_ns: int, patience_ns: int) -> None:
        if period_ns <= 0 or patience_ns <= 0:
            raise BalanceError(f"period and patience must be above 0 ns, got {period_ns} and {patience_ns}")
        self.late = 0
        self._count = count
        self._period_ns = period_ns
        self._patience_ns = patience_ns
        self._newest = np.zeros(count, np.int64)
        self._open: dict[int, _Sums] = {}
        self._next: int | None = None

    def add(self, variable: int, samples: Iterable[tuple[int, float]]) -> None:
        """Take samples of one variable: UTC ns and value, in the order of their times."""
        newest = int(self._newest[variable])
        for time_ns, value in samples:
            if time_ns <= newest:
                continue
            newest = time_ns
            number = time_ns // self._period_ns
            if self._next is not None and number < self._next:
                self.late += 1
                continue
            sums = self._open.get(number)
            if sums is None:
                sums = self._open[number] = _Sums(np.zeros(self._count))
            sums.values[variable] += value
            sums.counts[variable] += 1
        self._newest[variable] = newest

    def ended(self) -> Iterator[Period]:
        """Yield the periods that have ended, oldest first; those in which nothing came are passed over."""
        for number in sorted(self._open):
            end_ns = (number + 1) * self._period_ns
            is_waited_for = self._newest.min() < end_ns and self._newest.max() < end_ns + self._patience_ns
            if is_waited_for and len(self._open) <= MAX_OPEN:
                return
            self._next = number + 1
            yield Period(number * self._period_ns, end_ns, self._open.pop(number).means())
