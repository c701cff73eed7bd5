"""Does a sensor drift? Its last readings against those it began with, at the same cost for every sample.

Two detectors look at the residual from the baseline. The mean of the last 50 finds every lasting shift beyond
the threshold; a two-sided CUSUM (Page 1954) finds a large one within a few samples. Neither can tell a sensor
that drifts from a process that moved: choose the threshold wider than the process, or set a new baseline.
"""

from collections import deque
from dataclasses import dataclass
from itertools import islice
from statistics import fmean, median

BASELINE = 50
"""Readings that make the baseline."""
RECENT = 50
"""Readings that are held against it."""
DECISION = 8.0
"""CUSUM's decision interval in tolerated shifts: noise as wide as one of them alarms once in 10⁷ readings."""
LIMIT = 4.0
"""Residuals count up to this many tolerated shifts, so that it takes three spikes in a row to alarm."""
RELEASE = 0.5
"""Part of the threshold within which the mean must be again before the drift is over."""
MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True, slots=True)
class DriftChange:
    """A sensor began to drift, or came back; in the unit of its readings."""

    drifting: bool
    baseline: float
    recent: float
    """Mean of the readings that showed it."""

    @property
    def shift(self) -> float:
        """How far it is from the baseline."""
        return self.recent - self.baseline


class Cusum:
    """One side of a CUSUM: what readings in a row exceed `slack` by, added up while it is positive."""

    def __init__(self, slack: float, decision: float) -> None:
        self._slack = slack
        self._decision = decision
        self._total = 0.0
        self.run = 0
        """Readings since the total was last 0: the shift began with the first of them."""

    def alarms(self, residual: float) -> bool:
        """Take a residual; tell whether the total is beyond the decision interval."""
        self._total = max(0.0, self._total + residual - self._slack)
        self.run = self.run + 1 if self._total else 0
        return self._total > self._decision


class DriftDetector:
    """Watches one sensor; readings without a value are the caller's to leave out."""

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self.rebase()

    def rebase(self) -> None:
        """Take the next readings as the new baseline."""
        self.drifting = False
        self._baseline: float | None = None
        self._learning: list[float] = []

    def update(self, value: float) -> DriftChange | None:
        """Take a reading; return the change it brought."""
        if self._baseline is None:
            self._learn(value)
            return None
        self._remember(value, max(-self._limit, min(self._limit, value - self._baseline)))
        shown_by = self._returned() if self.drifting else self._left()
        if not shown_by:
            return None
        self.drifting = not self.drifting
        change = DriftChange(self.drifting, self._baseline, fmean(islice(reversed(self._recent), shown_by)))
        self._start()
        return change

    def _left(self) -> int:
        """Return how many of the last readings show a drift, 0 when none do."""
        residual = self._residuals[-1]
        for side, signed in ((self._above, residual), (self._below, -residual)):
            if side.alarms(signed):
                return min(side.run, RECENT)
        return RECENT if self._is_full and abs(self._sum) > self.threshold * RECENT else 0

    def _returned(self) -> int:
        """Return how many of the last readings show that the drift is over, 0 when none do."""
        return RECENT if self._is_full and abs(self._sum) <= RELEASE * self.threshold * RECENT else 0

    @property
    def _is_full(self) -> bool:
        return len(self._recent) == RECENT

    def _learn(self, value: float) -> None:
        self._learning.append(value)
        if len(self._learning) < BASELINE:
            return
        self._baseline = baseline = median(self._learning)
        spread = MAD_TO_SIGMA * median(abs(one - baseline) for one in self._learning)
        self._tolerated = max(self.threshold, spread)
        self._limit = LIMIT * self._tolerated
        self._learning = []
        self._start()

    def _start(self) -> None:
        """Look at none but the readings that come now."""
        self._recent: deque[float] = deque(maxlen=RECENT)
        self._residuals: deque[float] = deque(maxlen=RECENT)
        self._sum = 0.0
        self._above = Cusum(self._tolerated, DECISION * self._tolerated)
        self._below = Cusum(self._tolerated, DECISION * self._tolerated)

    def _remember(self, value: float, residual: float) -> None:
        if self._is_full:
            self._sum -= self._residuals[0]
        self._recent.append(value)
        self._residuals.append(residual)
        self._sum += residual
