"""Points of several sensors of the same thing made one series."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from integrations.transformation.alignment import align
from integrations.transformation.detectors import inconsistent
from integrations.transformation.errors import InvalidArgumentError, UnknownMethodError, check_number
from integrations.transformation.fusion import FUSION_METHODS, fuse, noise_variance, usual_tolerance
from integrations.transformation.segments import Floats

from .columns import Columns, columns, listed
from .converter import UnitConverter, common_unit
from .issues import DataQualityIssue
from .point import DataPoint


class SensorFusion:
    """Makes one series of several sensors': weighted_average, kalman, voting, best_quality.

    The result has the times of the sensor with most points; the others are brought to them linearly, and
    count nothing outside their own span. Mixed units become that of the first point.
    """

    def __init__(self) -> None:
        self._converter = UnitConverter()

    def fuse_sensors(
        self,
        sensors: Mapping[str, Iterable[Any]],
        method: str = "weighted_average",
        weights: Mapping[str, float] | None = None,
        tolerance: float | None = None,
    ) -> list[DataPoint]:
        """Return the fused points; each names the method as its source.

        A point whose sensors disagree by more than the tolerance carries the issue `inconsistent`; one that
        no sensor or no majority stands for is missing, or, where `kalman` has an estimate all the same, has
        quality 0.

        Args:
            sensors: points, or a single point, of each sensor.
            method: how.
            weights: of sensors, not negative; others have 1. They multiply the quality of the points.
            tolerance: in the unit of the result; None takes three standard deviations of the sensors' noise.

        Raises:
            UnknownMethodError: lists the known ones.
            InvalidArgumentError: negative weight or tolerance, or a weight for a sensor that is not there.
        """
        if method not in FUSION_METHODS:
            raise UnknownMethodError("fusion method", method, FUSION_METHODS)
        factors = _checked_weights(sensors, weights or {})
        entries = {name: _listed(points) for name, points in sensors.items()}
        tables = {name: columns(points) for name, points in entries.items()}
        longest = max(tables.values(), key=len, default=None)
        if longest is None or not len(longest):
            return []
        unit = common_unit([one for table in tables.values() for one in table.units], None)
        order = np.unique(longest.time, return_index=True)[1]
        targets = longest.time[order]
        rows = [self._row(tables[name], entries[name], targets, unit) for name in tables]
        values, quality = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
        weight = quality / 100 * np.array([factors[name] for name in tables])[:, np.newaxis]
        variance = noise_variance(values)
        allowed = usual_tolerance(variance) if tolerance is None else tolerance
        fused = fuse(values, targets, method, variance, weight, allowed)
        odd = np.any(inconsistent(values, allowed), axis=0)
        best = np.where(np.isfinite(values) & (weight > 0), quality, 0.0).max(axis=0)
        return [
            _point(longest.timestamps[at], value, unit, f"fusion_{method}", score, disagree, used == 0)
            for at, value, score, disagree, used in zip(
                order.tolist(),
                fused.value.tolist(),
                best.tolist(),
                odd.tolist(),
                fused.used.tolist(),
                strict=True,
            )
        ]

    def _row(
        self, table: Columns, entries: list[Any], targets: NDArray[np.int64], unit: str
    ) -> tuple[Floats, Floats]:
        """Return a sensor's values and qualities at the target times."""
        value = self._converter.convert_all(table.values, [one or unit for one in table.units], unit)
        quality = np.array([float(getattr(entry, "quality", 100)) for entry in entries])
        aligned = align(table.time, value, targets)
        present = table.time[np.isfinite(value)]
        inside = (
            (targets >= present.min()) & (targets <= present.max())
            if present.size
            else np.zeros(targets.size, dtype=np.bool_)
        )
        sampled = quality[aligned.source] * aligned.factor if quality.size else np.zeros(targets.size)
        return np.where(inside, aligned.value, np.nan), np.where(inside, sampled, 0.0)


def _checked_weights(sensors: Mapping[str, Any], weights: Mapping[str, float]) -> dict[str, float]:
    if strangers := sorted(set(weights) - set(sensors)):
        raise InvalidArgumentError(f"weights for sensors that are not there: {', '.join(strangers)}")
    for name, weight in weights.items():
        check_number(f"weight of {name}", weight)
        if weight == math.inf:
            raise InvalidArgumentError(f"weight of {name} must be finite, got {weight!r}")
    return {name: float(weights.get(name, 1.0)) for name in sensors}


def _listed(points: Any) -> list[Any]:
    return [points] if isinstance(points, DataPoint | Mapping) else listed(points)


def _point(
    stamp: Any, value: float, unit: str, source: str, quality: float, odd: bool, unmeasured: bool
) -> DataPoint:
    issues = [DataQualityIssue.INCONSISTENT] if odd else []
    if unmeasured:
        there = not math.isnan(value)
        return DataPoint(
            stamp,
            value if there else None,
            unit,
            0.0,
            source,
            issues=[DataQualityIssue.MISSING, *issues],
            treatment="imputed" if there else "",
        )
    return DataPoint(stamp, value, unit, quality * (0.75 if odd else 1.0), source, issues=issues)
