"""Pressures of several sensors side by side: differences and profiles, of readings that belong together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.configuration import ConfigurationError, Fault
from integrations.messages import is_bad
from integrations.units import affine

from .config import PressureSensorConfig, PressureType
from .readings import PressureReading


@dataclass(frozen=True, slots=True)
class Seen:
    """A sensor that has a pressure now, and that reading."""

    config: PressureSensorConfig
    reading: PressureReading

    def in_unit(self, unit: str) -> float:
        """Return the pressure in another unit; one without a mark (`bar`) keeps the sensor's reference.

        Raises:
            UnitError: the unit is unknown, or measures something else.
        """
        config = self.config
        scale, offset = affine(
            config.marked_unit,
            unit,
            unmarked=config.reference,
            barometer_bar=config.barometric_pressure_bar,
        )
        return scale * self.reading.pressure + offset


def has_value(reading: PressureReading | None) -> bool:
    """Whether a reading is of now and has a pressure."""
    return reading is not None and not reading.stale and not is_bad(reading.status)


def skew_seconds(one: Seen, other: Seen) -> float:
    """Time between two readings."""
    return abs((one.reading.timestamp - other.reading.timestamp).total_seconds())


def are_together(one: Seen, other: Seen) -> bool:
    """Whether two readings were taken near enough to be compared, and are both measured or both simulated.

    Near enough is what the configuration of either says; the stricter one where both do.
    """
    said = [seen.config.max_time_skew_seconds for seen in (one, other)]
    given = [limit for limit in said if limit is not None]
    limit = min(given) if given else max(one.config.skew_limit_seconds, other.config.skew_limit_seconds)
    return one.reading.origin is other.reading.origin and skew_seconds(one, other) <= limit


def difference(high: Seen, low: Seen) -> float | None:
    """Return high − low in the unit of `high`; None when the readings do not belong together.

    Gauge and absolute are brought together by each sensor's barometer.

    Raises:
        ConfigurationError: one of the sensors measures a difference itself.
    """
    faults = [
        Fault(
            seen.config.sensor_id, "pressure_type", seen.config.pressure_type, "must not be differential here"
        )
        for seen in (high, low)
        if seen.config.pressure_type is PressureType.DIFFERENTIAL
    ]
    if faults:
        raise ConfigurationError(faults)
    if not are_together(high, low):
        return None
    same = (high.config.marked_unit, high.config.barometric_pressure_bar)
    if same == (low.config.marked_unit, low.config.barometric_pressure_bar):
        return high.reading.pressure - low.reading.pressure
    return (high.in_unit("bara") - low.in_unit("bara")) / high.config.bar_per_unit


def profile(sensors: Sequence[Seen], unit: str | None = None) -> list[dict[str, Any]]:
    """Return a row for each sensor, in its own unit or all in `unit`.

    `skewed` says that a row does not belong together with the newest one: taken too long before it, or
    simulated where that one is measured.
    """
    newest = max(sensors, key=_time, default=None)
    return [
        {
            "sensor_id": seen.config.sensor_id,
            "pressure": seen.reading.pressure if unit is None else seen.in_unit(unit),
            "unit": unit or seen.config.unit,
            "type": seen.config.pressure_type.value,
            "quality": seen.reading.quality_score,
            "timestamp": seen.reading.timestamp,
            "origin": seen.reading.origin.value,
            "skewed": newest is not None and not are_together(seen, newest),
        }
        for seen in sensors
    ]


def seen_now(
    sensors: Iterable[tuple[PressureSensorConfig, PressureReading | None]],
) -> list[Seen]:
    """Return the sensors that have a pressure now."""
    return [Seen(config, reading) for config, reading in sensors if reading and has_value(reading)]


def _time(seen: Seen) -> float:
    return seen.reading.timestamp.timestamp()
