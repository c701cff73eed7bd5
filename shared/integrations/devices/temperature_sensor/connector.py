"""TemperatureSensorConnector: temperature sensors, wherever they are, as one connector."""

from collections import deque
from collections.abc import Sequence
from typing import Any

from integrations.devices.modbus_sensor import by_connection
from integrations.devices.sensor_array import SensorArray, check_ids

from .config import TemperatureSensorConfig
from .readings import TemperatureReading
from .unit import TemperatureUnit


def connections(configs: Sequence[TemperatureSensorConfig], **options: Any) -> list[TemperatureUnit]:
    """Return what polls the sensors: one connection for all that one poll can read.

    Raises:
        ConfigurationError: no sensor, an id used twice, or registers that overlap.
    """
    check_ids(configs)
    return [TemperatureUnit(group, **options) for group in by_connection(configs)]


class TemperatureSensorConnector(SensorArray[TemperatureUnit]):
    """Reads any number of temperature sensors; getters show the last sample without waiting.

    A sensor that is broken, or whose unit does not answer, has no temperature: `current_readings` says why.
    """

    def __init__(self, configs: Sequence[TemperatureSensorConfig], **options: Any) -> None:
        self.configs = tuple(configs)
        super().__init__(connections(self.configs, **options), **options)
        self._unit_of = {sensor_id: unit for unit in self.units for sensor_id in unit.sensor_ids}

    @property
    def current_readings(self) -> dict[str, TemperatureReading]:
        """The last reading of each sensor that has one, by id."""
        return {
            sensor_id: reading
            for sensor_id in self.sensor_ids
            if (reading := self._unit_of[sensor_id].current_readings.get(sensor_id))
        }

    @property
    def reading_history(self) -> dict[str, deque[TemperatureReading]]:
        """The last thousand readings of each sensor, by id."""
        return {
            sensor_id: self._unit_of[sensor_id].reading_history[sensor_id] for sensor_id in self.sensor_ids
        }

    @property
    def sensor_ids(self) -> tuple[str, ...]:
        """Ids in the order of the configurations."""
        return tuple(config.sensor_id for config in self.configs)

    def get_temperature(self, sensor_id: str) -> float | None:
        """Return the smoothed temperature in the sensor's unit; None without a good, fresh one."""
        return self.get_all_temperatures().get(sensor_id)

    def get_all_temperatures(self) -> dict[str, float]:
        """Return the smoothed temperature of every sensor that has a good, fresh one."""
        return {
            sensor_id: reading.temperature
            for sensor_id, reading in self.current_readings.items()
            if reading.raw_value is not None and not reading.stale
        }
