"""Watching balances over time: what is wrong for long is named, what noise does once is not."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from .gross_errors import Suspicion, Verdict
from .reconciliation import Vector


class Change(NamedTuple):
    """What a new period has changed."""

    named: tuple[Suspicion, ...]
    """Suspicions that have become certain enough to be told."""
    restored: tuple[int, ...]
    """Variables that were candidates and are none any more."""


class Monitor:
    """Tests the mean of the last `window` periods and tells of a suspicion found `confirm` times in a row.

    Means are taken over the same periods for all variables: constraints hold for such means as they hold for
    each period, whatever the plant does meanwhile. A variable that is missing in more than half of the window
    counts as not measured; periods in which one of the others is missing are left out.

    What was named is cleared by `window` verdicts without it in a row, each by as many checks as there were
    when it was named: fewer checks that find nothing, or less exactly whose error it is, prove nothing.
    """

    def __init__(self, find: Callable[[Vector], Verdict], window: int, confirm: int) -> None:
        self.suspicions: tuple[Suspicion, ...] = ()
        self.verdict: Verdict | None = None
        self._find = find
        self._window: deque[Vector] = deque(maxlen=window)
        self._confirm = confirm
        self._candidates: frozenset[frozenset[int]] = frozenset()
        self._repeated = 0
        self._degrees = 0

    @property
    def suspects(self) -> frozenset[int]:
        """Every variable that is a candidate at present."""
        return frozenset(at for suspicion in self.suspicions for at in suspicion.candidates)

    def add(self, values: Vector) -> Change:
        """Take the values of a period, NaN where one is missing; return what has changed."""
        self._window.append(values)
        mean = self._mean()
        if mean is None:
            return Change((), ())
        self.verdict = verdict = self._find(mean)
        found = _candidates(verdict.suspicions)
        if verdict.whole.degrees < self._degrees and all(each & self.suspects for each in found):
            return Change((), ())
        self._repeated = self._repeated + 1 if found == self._candidates else 1
        self._candidates = found
        needed = self._confirm if found else self._window.maxlen or 1
        return self._changed(verdict) if self._repeated >= needed else Change((), ())

    def _changed(self, verdict: Verdict) -> Change:
        before, suspects = _candidates(self.suspicions), self.suspects
        self.suspicions = verdict.suspicions
        if self._candidates != before:
            self._degrees = verdict.whole.degrees if self._candidates else 0
        named = (each for each in verdict.suspicions if frozenset(each.candidates) not in before)
        return Change(tuple(named), tuple(sorted(suspects - self.suspects)))

    def _mean(self) -> Vector | None:
        """Return the mean of the window; None while it is not full, or has too few common periods."""
        if len(self._window) != self._window.maxlen:
            return None
        periods = np.array(self._window)
        present = ~np.isnan(periods)
        measured = 2 * present.sum(axis=0) >= len(periods)
        complete = present[:, measured].all(axis=1)
        if 4 * complete.sum() < len(periods):
            return None
        mean = np.full(periods.shape[1], np.nan)
        mean[measured] = periods[np.ix_(complete, measured)].mean(axis=0)
        return mean


def _candidates(suspicions: Sequence[Suspicion]) -> frozenset[frozenset[int]]:
    return frozenset(frozenset(suspicion.candidates) for suspicion in suspicions)
