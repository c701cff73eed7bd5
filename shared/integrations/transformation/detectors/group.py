"""A group of sensors that leaves together what it used to be: Hotelling's T² on filtered departures.

Plants wander: a pump warms up, a level creeps. Each sensor's level is therefore followed by a Kalman filter
whose pace is that of the training, and stands still while there is an alarm; the longer it does, the less a
departure counts, so that what was only wandering ends the alarm by itself.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from integrations.transformation.errors import InvalidArgumentError
from integrations.transformation.segments import Bools, Floats, Indices

from .scales import MAD_TO_SIGMA, least_scale

LEAST_ROWS = 50
BLOCKS = 10
"""Into so many the training is cut: how far their means move tells how fast levels wander."""
SETTLING = 8
"""The first in so many rows of the training is where the filters settle."""
CLIP = 6.0
"""Departures count as no more than so many deviations: a single spike is not an alarm of the group."""
PART_OF_DEVIATION = 0.2
"""The scale is at least this part of the standard deviation, where nearly half the values are equal."""
LEAST_NOISE = 0.05
LEAST_PACE = 1e-6
LEAST_SHARE = 0.25
"""Of what T² should be in training: it is less where sensors move less than their resolution."""


@dataclass(frozen=True)
class GroupVerdict:
    """What a group detector says of some rows."""

    found: Bools
    """Where the alarm stands."""
    statistic: Floats
    """T² over its limit: an alarm above 1."""
    suspect: Indices
    """The sensor, by column, whose own departure is largest."""


class HotellingGroup:
    """Watches a group of sensors by T² of exponentially weighted, robustly scaled departures from levels.

    Sources: Hotelling (1947); Lowry, Woodall, Champ and Rigdon (1992), A Multivariate EWMA Control Chart;
    Harvey (1989), the local level model.

    Args:
        training: a row for each time, a column for each sensor, while all is well; NaN where missing. At
            least 50 rows, of which each sensor has half; a few bad ones do little harm.
        weight: of the newest departure, above 0 to 1.
        false_alarms: share of rows that may raise an alarm while all is well, were the departures normal.
        resolution: of the sensors, in one number or one for each: the least deviation that counts.

    Raises:
        InvalidArgumentError: names what cannot be meant.
    """

    def __init__(
        self,
        training: Floats,
        *,
        weight: float = 0.1,
        false_alarms: float = 0.01,
        resolution: Floats | float = 0.0,
    ) -> None:
        training = _table("training", training)
        if len(training) < LEAST_ROWS:
            raise InvalidArgumentError(f"training needs {LEAST_ROWS} rows, got {len(training)}")
        if not 0 < weight <= 1:
            raise InvalidArgumentError(f"weight must be greater than 0 and at most 1, got {weight!r}")
        if not 0 < false_alarms < 1:
            raise InvalidArgumentError(f"false_alarms must be between 0 and 1, got {false_alarms!r}")
        self._weight = weight
        self._center, self._scale, floors = _levels(training, resolution)
        scaled = (training - self._center) / self._scale
        self._pace, noise = _wandering(scaled)
        self._gain = (np.sqrt(self._pace * (self._pace + 4 * noise)) - self._pace) / (2 * noise)
        self._level = np.nanmedian(scaled[: len(scaled) // SETTLING], axis=0)
        self._level = np.where(np.isnan(self._level), 0.0, self._level)
        self._departure = np.zeros(self.sensors)
        self._frozen = 0
        self._alarm = False
        usual = self._settle(scaled)
        least = np.square(floors / self._scale) * weight / (2 - weight) + LEAST_PACE
        self._turn, self._growth = self._principal(usual, least)
        self._deviation = np.sqrt(np.square(usual).mean(axis=0)) + LEAST_PACE
        count = len(usual) * weight / (2 - weight)
        typical = float(np.median(np.square(usual @ self._turn.T).sum(axis=1)))
        moving = max(1, int((self._deviation > 2 * LEAST_PACE).sum()))
        usually = max(typical / _chi_square(0.5, moving), LEAST_SHARE)
        self.limit = usually * _chi_square(1 - false_alarms, moving) * (1 + self.sensors / count)
        """T² above which there is an alarm."""

    @property
    def sensors(self) -> int:
        """How many sensors the group has."""
        return int(self._center.size)

    def update(self, values: Floats) -> GroupVerdict:
        """Take the next rows, tell for each whether the alarm stands; a missing value changes nothing.

        Raises:
            InvalidArgumentError: not a table with a column for each sensor.
        """
        values = _table("values", values)
        if values.shape[1] != self.sensors:
            raise InvalidArgumentError(f"values must have {self.sensors} columns, got {values.shape[1]}")
        found = np.zeros(len(values), dtype=np.bool_)
        statistic, suspect = np.zeros(len(values)), np.zeros(len(values), dtype=np.intp)
        for at, row in enumerate((values - self._center) / self._scale):
            step = self._step(row)
            turned = self._turn @ self._departure
            own = turned * turned / (1 + self._frozen * self._growth)
            statistic[at] = own.sum() / self.limit
            suspect[at] = np.abs(self._departure / self._deviation).argmax()
            self._alarm = found[at] = statistic[at] > 1
            if self._alarm:
                self._frozen += 1
            else:
                self._frozen = max(self._frozen - 1, 0)
                self._level += step
        return GroupVerdict(found, statistic, suspect)

    def _settle(self, scaled: Floats) -> Floats:
        """Let the filters run over the training; return the departures that are usual."""
        departures = np.empty_like(scaled)
        for at, row in enumerate(scaled):
            self._level += self._step(row)
            departures[at] = self._departure
        return departures[len(scaled) // SETTLING :]

    def _step(self, row: Floats) -> Floats:
        """Filter the next departures; return by how much they would move the levels."""
        away = np.clip(row - self._level, -CLIP, CLIP)
        away = np.where(np.isnan(away), self._departure, away)
        self._departure = self._departure + self._weight * (away - self._departure)
        step: Floats = np.where(np.isnan(row), 0.0, self._gain * away)
        return step

    def _principal(self, usual: Floats, least: Floats) -> tuple[Floats, Floats]:
        """Return what makes departures independent, of deviation 1, and how these grow by wandering."""
        spread = usual.T @ usual / len(usual) + np.diag(least)
        own = np.sqrt(np.diag(spread))
        # Filtered rows are worth few independent ones: correlations are shrunk by what those cannot show.
        known = len(usual) * self._weight / (2 - self._weight)
        shrink = min(1.0, self.sensors / known)
        spread = (1 - shrink) * spread + shrink * np.diag(own * own)
        whiten = np.linalg.inv(np.linalg.cholesky(spread))
        growth, axes = np.linalg.eigh(whiten @ np.diag(self._pace) @ whiten.T)
        return axes.T @ whiten, growth


def _table(name: str, values: Floats) -> Floats:
    """Return values as a table of numbers, NaN where they are not finite."""
    try:
        table = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidArgumentError(f"{name} must be a table of numbers ({error})") from None
    if table.ndim != 2 or not table.shape[1]:
        raise InvalidArgumentError(f"{name} must have rows and columns, got the shape {table.shape}")
    table[~np.isfinite(table)] = np.nan
    return table


def _levels(training: Floats, resolution: Floats | float) -> tuple[Floats, Floats, Floats]:
    """Return level, scale and resolution of each sensor."""
    count = training.shape[1]
    floors = np.asarray(resolution, dtype=np.float64)
    if floors.shape not in ((), (count,)) or not (floors >= 0).all():
        raise InvalidArgumentError(
            f"resolution must be at least 0, one or {count} of them, got {resolution!r}"
        )
    center, scale = np.zeros(count), np.zeros(count)
    for column, floor in enumerate(np.broadcast_to(floors, count).tolist()):
        known = training[:, column]
        known = known[np.isfinite(known)]
        if 2 * known.size < len(training):
            raise InvalidArgumentError(
                f"training has {known.size} values of sensor {column}, needs half the rows"
            )
        center[column] = np.median(known)
        deviation = float(known.std())
        spread = MAD_TO_SIGMA * float(np.median(np.abs(known - center[column]))) or deviation
        scale[column] = max(spread, PART_OF_DEVIATION * deviation, least_scale(known, floor)) or 1.0
    return center, scale, np.broadcast_to(floors, count)


def _wandering(scaled: Floats) -> tuple[Floats, Floats]:
    """Return by how much the square of each level's departure grows a row, and the noise's variance.

    Means of neighbouring blocks of m rows differ by twice their own noise, and 2 m/3 of a random walk's step.
    """
    size = len(scaled) // BLOCKS
    blocks = scaled[: size * BLOCKS].reshape(BLOCKS, size, -1)
    present = np.isfinite(blocks).sum(axis=1)
    sums = np.nansum(blocks, axis=1)
    means = np.where(present > 0, sums / np.maximum(present, 1), np.nan)
    within = np.nansum(np.square(blocks - means[:, np.newaxis]), axis=1).sum(axis=0)
    noise = within / np.maximum((np.maximum(present - 1, 0)).sum(axis=0), 1)
    steps = np.square(np.diff(means, axis=0))
    apart = np.nansum(steps, axis=0) / np.maximum(np.isfinite(steps).sum(axis=0), 1)
    pace = np.maximum(apart - 2 * noise / size, 0.0) / (2 * size / 3)
    return np.maximum(pace, LEAST_PACE), np.maximum(noise, LEAST_NOISE)


def _chi_square(share: float, degrees: int) -> float:
    """Return a quantile of the χ² distribution, to a percent or two (Wilson and Hilferty 1931)."""
    part = 2 / (9 * degrees)
    return float(degrees * (1 - part + NormalDist().inv_cdf(share) * part**0.5) ** 3)
