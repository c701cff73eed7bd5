"""A group of sensors that leaves together what it used to be.

Watched are the sensors, each by itself and all together. Plants wander: a pump warms up, a level creeps.
Each level is therefore followed by a Kalman filter as fast as it wandered in training. While a value is
clearly away its level stands still, and the longer it does, the less a departure counts, as the level may
have moved: what never wandered is an alarm for as long as it is away.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from integrations.transformation.errors import InvalidArgumentError
from integrations.transformation.segments import Bools, Floats, Indices

from .scales import MAD_TO_SIGMA, least_scale
from .wandering import Wandering

LEAST_ROWS = 50
SETTLING = 8
"""The first in so many rows of the training is where the filters settle."""
CLIP = 6.0
"""A single value moves a mean as if it were no more than so many deviations away: a spike is no alarm."""
FASTER = 4.0
"""The fast mean has so many times the weight of the slow one."""
BAND = 3.0
"""Deviations by which the slow mean may lag behind the fast one before it is taken along."""
UNKNOWN = 1e3
"""Variance of a level of which nothing is known: large beside any noise of a scaled value."""
FOLLOWED = 0.01
"""Chance of a departure so large that the level stands still."""
PART_OF_DEVIATION = 0.2
"""The scale is at least this part of the standard deviation, where nearly half the values are equal."""


@dataclass(frozen=True)
class GroupVerdict:
    """What a group detector says of some rows."""

    found: Bools
    """Where the alarm stands."""
    statistic: Floats
    """The larger of both tests' statistics over their limits: an alarm above 1."""
    suspect: Indices
    """The sensor, by column, whose own departure is largest."""


class HotellingGroup:
    """Watches a group of sensors by adaptive means of robustly scaled departures from levels that wander.

    Two tests share the false alarms: the largest departure of a single sensor, and T² of all. The training is
    worth few independent rows, so that limits are those of Student's distribution.

    Sources: Hotelling (1947); Capizzi and Masarotto (2003), An Adaptive EWMA Control Chart; Harvey (1989),
    the local level model; Wallace (1959) for Student's distribution in terms of the normal.

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
        false_alarms: float = 1e-4,
        resolution: Floats | float = 0.0,
    ) -> None:
        training = _table("training", training)
        if len(training) < LEAST_ROWS:
            raise InvalidArgumentError(f"training needs {LEAST_ROWS} rows, got {len(training)}")
        if not 0 < weight <= 1:
            raise InvalidArgumentError(f"weight must be greater than 0 and at most 1, got {weight!r}")
        if not 0 < false_alarms < 1:
            raise InvalidArgumentError(f"false_alarms must be between 0 and 1, got {false_alarms!r}")
        self._center, self._scale, floors = _levels(training, resolution)
        scaled = (training - self._center) / self._scale
        self._means = _Means(scaled, weight, np.square(floors / self._scale))
        self._own_limit = _chi_square(1 - false_alarms / 2 / self.sensors, 1)
        self._joint_limit = _chi_square(1 - false_alarms / 2, self.sensors)
        self._statistic, self._suspect = 0.0, 0

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
        statistic, suspect = np.zeros(len(values)), np.zeros(len(values), dtype=np.intp)
        for at, row in enumerate((values - self._center) / self._scale):
            if np.isfinite(row).any():
                departure = self._means.take(row)
                own, joint = np.square(departure), departure @ self._means.independent @ departure
                self._statistic = max(own.max() / self._own_limit, joint / self._joint_limit)
                self._suspect = int(own.argmax())
            statistic[at], suspect[at] = self._statistic, self._suspect
        return GroupVerdict(statistic > 1, statistic, suspect)


class _Means:
    """Means of departures from levels that are followed, for all sensors at once.

    Args:
        training: a row for each time, NaN where missing.
        weight: of the newest departure in the slow mean.
        floors: least variance of a value of each sensor.
    """

    def __init__(self, training: Floats, weight: float, floors: Floats) -> None:
        self._weight, self._fast_weight = weight, min(1.0, FASTER * weight)
        self._wandering = Wandering.of(np.clip(training, -CLIP, CLIP))
        count = training.shape[1]
        self._level, self._slow, self._fast = np.zeros(count), np.zeros(count), np.zeros(count)
        self._variance = np.full(count, UNKNOWN)
        """Of each level, as far as it is known."""
        self._band = np.full(count, np.inf)
        slow, lag = [], []
        for row in training:
            self._average(row)
            self._follow(row, np.isfinite(row))
            slow.append(self._slow)
            lag.append(self._fast - self._slow)
        usual = len(training) // SETTLING
        expected = weight / (2 - weight)
        least = np.maximum(0.5 * self._wandering.noise, floors) * expected
        self._usual = np.maximum(np.square(slow[usual:]).mean(axis=0), least)
        self._band = BAND * np.sqrt(np.maximum(np.square(lag[usual:]).mean(axis=0), least))
        self._settled = self._variance
        self._freedom = (len(training) - usual) * expected
        self._still = _chi_square(1 - FOLLOWED, 1)
        self.independent = self._independent(np.array(slow[usual:]))
        """What turns departures into T²."""

    def take(self, row: Floats) -> Floats:
        """Take the next values, return how far they are away, as if they were normal."""
        self._average(row)
        unsure = np.maximum(self._variance - self._settled, 0.0)
        departure = self._normal(self._slow / np.sqrt(self._usual + unsure))
        self._follow(row, np.isfinite(row) & (np.square(departure) <= self._still))
        return departure

    def _average(self, row: Floats) -> None:
        """Move the means; the slow one is taken along where it lags far behind the fast one."""
        present = np.isfinite(row)
        away = np.where(present, row - self._level, 0.0)
        fast = self._fast + self._fast_weight * np.clip(away - self._fast, -CLIP, CLIP)
        slow = self._slow + self._weight * np.clip(away - self._slow, -CLIP, CLIP)
        self._fast = np.where(present, fast, self._fast)
        slow = np.clip(slow, self._fast - self._band, self._fast + self._band)
        self._slow = np.where(present, slow, self._slow)

    def _follow(self, row: Floats, where: Bools) -> None:
        """Move the levels of some sensors; those of the others may have wandered meanwhile."""
        variance = self._variance + self._wandering.pace
        gain = np.where(where, variance / (variance + self._wandering.noise), 0.0)
        away = np.where(where, row - self._level, 0.0)
        self._level = self._level + gain * np.clip(away, -CLIP, CLIP)
        self._variance = variance * (1 - gain)

    def _normal(self, departure: Floats) -> Floats:
        """Return Student's t as equally rare normal values."""
        freedom = self._freedom
        part = (8 * freedom + 1) / (8 * freedom + 3)
        size = part * np.sqrt(freedom * np.log1p(np.square(departure) / freedom))
        normal: Floats = np.copysign(size, departure)
        return normal

    def _independent(self, usual: Floats) -> Floats:
        """Return the inverse of the correlations, shrunk by what so few independent rows cannot show."""
        scaled = usual / np.sqrt(self._usual)
        shrink = min(1.0, usual.shape[1] / self._freedom)
        correlation = (1 - shrink) * (scaled.T @ scaled / len(scaled))
        np.fill_diagonal(correlation, 1.0)
        return np.linalg.inv(correlation)


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
        spread = MAD_TO_SIGMA * float(np.median(np.abs(known - center[column])))
        scale[column] = max(spread, PART_OF_DEVIATION * deviation, least_scale(known, floor)) or 1.0
    return center, scale, np.broadcast_to(floors, count)


def _chi_square(share: float, degrees: int) -> float:
    """Return a quantile of the χ² distribution (Wilson and Hilferty 1931).

    It is a percent or two off; in the far tail of one degree it is a tenth too high, on the quiet side.
    """
    part = 2 / (9 * degrees)
    return float(degrees * (1 - part + NormalDist().inv_cdf(share) * part**0.5) ** 3)
