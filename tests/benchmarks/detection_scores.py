"""How good alarms are: F1, false and missed alarms by SKAB's definition, and NAB's score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Counts:
    """Rows by what they are and what was said of them; counts of several series add up."""

    true_alarms: int = 0
    false_alarms: int = 0
    quiet: int = 0
    missed: int = 0

    @classmethod
    def of(cls, truth: NDArray[np.bool_], alarm: NDArray[np.bool_]) -> "Counts":
        return cls(
            int((truth & alarm).sum()),
            int((~truth & alarm).sum()),
            int((~truth & ~alarm).sum()),
            int((truth & ~alarm).sum()),
        )

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.true_alarms + other.true_alarms,
            self.false_alarms + other.false_alarms,
            self.quiet + other.quiet,
            self.missed + other.missed,
        )

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return _share(self.true_alarms, self.true_alarms + (self.false_alarms + self.missed) / 2)

    @property
    def false_alarm_percent(self) -> float:
        """FAR: alarms among the rows where all is well."""
        return 100 * _share(self.false_alarms, self.false_alarms + self.quiet)

    @property
    def missed_alarm_percent(self) -> float:
        """MAR: rows without an alarm among those of anomalies."""
        return 100 * _share(self.missed, self.missed + self.true_alarms)


class Profile(NamedTuple):
    """What NAB charges for false alarms and for anomalies that are missed."""

    false_alarm: float
    missed: float


PROFILES = {"standard": Profile(0.11, 1.0), "low FP": Profile(0.22, 1.0), "low FN": Profile(0.11, 2.0)}
FAR_BEHIND = 3.0
"""A false alarm so many windows behind one costs all it can."""


@dataclass(frozen=True)
class NabPoints:
    """Points of one series or of several: they add up before they are scaled."""

    points: float
    windows: int

    def __add__(self, other: "NabPoints") -> "NabPoints":
        return NabPoints(self.points + other.points, self.windows + other.windows)

    def score(self, profile: Profile) -> float:
        """Return the score: 100 for all anomalies found at their beginning, 0 for no alarm at all."""
        nothing = -profile.missed * self.windows
        return 100 * _share(self.points - nothing, self.windows - nothing)


def nab_points(
    alarms: Sequence[int], windows: Sequence[tuple[int, int]], begin: int, profile: Profile
) -> NabPoints:
    """Return the points of a series: in each window its earliest alarm counts, outside every one costs.

    Source: Lavin and Ahmad (2015), Evaluating Real-Time Anomaly Detection Algorithms: the Numenta benchmark.

    Args:
        alarms: rows at which an alarm is raised.
        windows: first and last row of each anomaly, in order.
        begin: first row that counts.
        profile: what mistakes cost.
    """
    counted = [window for window in windows if window[1] >= begin]
    best = dict.fromkeys(counted, -profile.missed)
    cost = 0.0
    for row in (row for row in alarms if row >= begin):
        inside = next((window for window in counted if window[0] <= row <= window[1]), None)
        if inside is not None:
            first, last = inside
            reward = _sigmoid(-(last - row + 1) / (last - first + 1)) / _sigmoid(-1.0)
            best[inside] = max(best[inside], reward)
        else:
            before = [window for window in windows if window[1] < row]
            cost += profile.false_alarm * (_behind(row, before[-1]) if before else -1.0)
    return NabPoints(sum(best.values()) + cost, len(counted))


def _behind(row: int, window: tuple[int, int]) -> float:
    first, last = window
    distance = (row - last) / max(1, last - first)
    return -1.0 if distance > FAR_BEHIND else _sigmoid(distance)


def _sigmoid(position: float) -> float:
    """Return 1 well before a window's end, 0 at it, −1 well behind."""
    return float(2 / (1 + np.exp(5 * position)) - 1)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
