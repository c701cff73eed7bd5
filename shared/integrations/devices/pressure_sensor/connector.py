"""PressureSensorConnector: pressure sensors wherever they are, read as one."""

from collections import deque
from collections.abc import Sequence
from typing import Any

from integrations.devices.sensor_array import SensorArray

from .config import PressureSensorConfig
from .profile import Seen, difference, has_value, profile, seen_now
from .readings import PressureReading
from .unit import PressureSensor, PressureUnit, pressure_units


class PressureSensorConnector(SensorArray[PressureUnit]):
    """Reads several pressure sensors; those in one unit with one rate are read in one poll.

    The getters show the last samples without waiting. A sensor has a value while its unit answers and does
    not call it bad; `current_readings` keeps the last reading of each beyond that, marked as stale.
    """

    config: PressureSensorConfig

    def __init__(self, configs: Sequence[PressureSensorConfig], **options: Any) -> None:
        super().__init__(pressure_units(configs, **options), **options)
        sensors = {name: sensor for unit in self.units for name, sensor in unit.sensors.items()}
        self._sensors: dict[str, PressureSensor] = {
            config.sensor_id: sensors[config.sensor_id] for config in configs
        }

    @property
    def current_readings(self) -> dict[str, PressureReading]:
        """Last reading of each sensor that had one, by sensor id."""
        return {name: sensor.reading for name, sensor in self._sensors.items() if sensor.reading}

    @property
    def reading_history(self) -> dict[str, deque[PressureReading]]:
        """Last 1000 readings of each sensor, oldest first, by sensor id."""
        return {name: sensor.history for name, sensor in self._sensors.items()}

    def get_pressure(self, sensor_id: str) -> float | None:
        """Return a sensor's pressure in its unit; None while it has none, and for an unknown id."""
        seen = self._seen(sensor_id)
        return seen.reading.pressure if seen else None

    def get_all_pressures(self) -> dict[str, float]:
        """Return the pressures of the sensors that have one, by sensor id."""
        readings = self.current_readings.items()
        return {name: reading.pressure for name, reading in readings if has_value(reading)}

    def get_pressure_profile(self, unit: str | None = None) -> list[dict[str, Any]]:
        """Return a row for each sensor that has a pressure, as configured in order; see `profile`.

        Raises:
            UnitError: `unit` is no pressure, or the reference of one sensor cannot be brought to its own.
        """
        sensors = self._sensors.values()
        return profile(seen_now((sensor.config, sensor.reading) for sensor in sensors), unit)

    def get_differential_pressure(self, high: str, low: str) -> float | None:
        """Return the pressure of `high` less that of `low`, in the unit of `high`.

        None while one of them has no pressure, and when their readings were taken too far apart
        (`max_time_skew_seconds`) or only one of them is simulated.

        Raises:
            ConfigurationError: one of them measures a difference itself.
        """
        above, below = self._seen(high), self._seen(low)
        return difference(above, below) if above and below else None

    def set_drift_baseline(self, sensor_id: str | None = None) -> None:
        """Take the next readings of one sensor as normal, or of all: after calibration, at a new set point.

        Raises:
            KeyError: there is no such sensor.
        """
        for name in self._sensors if sensor_id is None else (sensor_id,):
            self._sensors[name].drift.rebase()

    def _seen(self, sensor_id: str) -> Seen | None:
        sensor = self._sensors.get(sensor_id)
        found = seen_now([(sensor.config, sensor.reading)]) if sensor else []
        return found[0] if found else None
