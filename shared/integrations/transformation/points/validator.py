"""Whether points are to be believed."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from integrations.quality import VALID_FROM, Flag, distinct, score, score_of
from integrations.transformation.detectors import beyond_recent
from integrations.transformation.profiles import UNKNOWN_SENSOR, SensorProfile
from integrations.transformation.segments import Floats
from integrations.transformation.series import checked_flags, course_flags, time_order

from .columns import Columns, columns
from .converter import UnitConverter, common_unit
from .issues import DataQualityIssue, issues_of
from .point import DataPoint
from .sensor import SensorConfig

_OUTLIER = np.uint32(Flag.OUTLIER)


class DataValidator:
    """Judges points by the stream's own checks and scores, and by how they fit those before them.

    A sensor that nobody configured has no limits; its points are judged by value and time alone.

    Args:
        now_ns: UTC clock, by which points are old.
    """

    def __init__(self, *, now_ns: Callable[[], int] = time.time_ns) -> None:
        self.sensor_configs: dict[str, SensorConfig] = {}
        self._now_ns = now_ns
        self._converter = UnitConverter()

    def configure_sensor(self, config: SensorConfig) -> None:
        """Set what is known of a sensor, in place of what was."""
        self.sensor_configs[config.sensor_id] = config

    def validate_point(
        self,
        point: DataPoint,
        sensor_id: str | None = None,
        previous_points: Sequence[DataPoint] | None = None,
    ) -> tuple[bool, float, list[DataQualityIssue]]:
        """Return whether a point is valid, its score and its issues.

        Args:
            point: to be judged; it is not changed.
            sensor_id: whose limits hold; None takes those of the point's source.
            previous_points: what it follows, in the order of arrival: they give rate, stillness, scatter.

        Raises:
            UnitError: a unit is unknown or measures something else.
        """
        table = columns([*(previous_points or ()), point])
        sensor = table.sources[-1] if sensor_id is None else sensor_id
        flags = int(self._judged(table, sensor)[-1])
        points = score_of(flags, self.profile(sensor, "").weights)
        return points >= VALID_FROM, points, issues_of(flags)

    def validate_dataset(self, points: Iterable[Any], sensor_id: str | None = None) -> dict[str, Any]:
        """Return how many points are valid and what is wrong with the others.

        Args:
            points: DataPoints or mappings, in the order of arrival.
            sensor_id: whose limits hold.

        Returns:
            total_points, valid_points, validity_rate (%), average_quality, issues (count of each), sensor_id.
        """
        table = columns(points)
        flags = self._judged(table, sensor_id)
        return summary(flags, self.profile(sensor_id, "").weights, sensor_id)

    def profile(self, sensor_id: str | None, unit: str) -> SensorProfile:
        """Return what is known of a sensor, its limits in `unit`; an empty unit is the sensor's own."""
        config = self.sensor_configs.get(sensor_id or "")
        return config.profile(unit or config.unit) if config else UNKNOWN_SENSOR

    def calibrated(self, value: Floats, sensor_id: str | None, unit: str) -> Floats:
        """Return values in `unit` with the sensor's calibration, which is stated in its own unit."""
        config = self.sensor_configs.get(sensor_id or "")
        if config is None or (config.calibration_factor, config.calibration_offset) == (1.0, 0.0):
            return value
        own = self._converter.convert(value, unit, config.unit)
        own = own * config.calibration_factor + config.calibration_offset
        return self._converter.convert(own, config.unit, unit)

    def _judged(self, table: Columns, sensor_id: str | None) -> NDArray[np.uint32]:
        config = self.sensor_configs.get(sensor_id or "")
        unit = config.unit if config else common_unit(table.units, None)
        units = [each or unit for each in table.units]
        value = self._converter.convert_all(table.values, units, unit) if len(table) else table.value
        profile = self.profile(sensor_id, unit)
        flags = checked_flags(table.time, value, profile, self._now_ns())
        order = time_order(table.time)
        at = np.arange(len(table)) if order is None else order
        ordered = value[at]
        flags[at] |= course_flags(ordered, profile)
        flags[at[beyond_recent(ordered, resolution=profile.resolution)]] |= _OUTLIER
        return flags


def summary(flags: NDArray[np.uint32], weights: int, sensor_id: str | None) -> dict[str, Any]:
    """Return what users know of a data set, from the flags of its points."""
    scores = score(flags, weights)
    found: Counter[str] = Counter()
    masks, counts = distinct(flags)
    for mask, count in zip(masks.tolist(), counts.tolist(), strict=True):
        found.update(dict.fromkeys((issue.value for issue in issues_of(mask)), count))
    total, valid = flags.size, int((scores >= VALID_FROM).sum())
    return {
        "total_points": total,
        "valid_points": valid,
        "validity_rate": 100.0 * valid / total if total else 0.0,
        "average_quality": float(scores.mean()) if total else 0.0,
        "issues": dict(found),
        "sensor_id": sensor_id,
    }
