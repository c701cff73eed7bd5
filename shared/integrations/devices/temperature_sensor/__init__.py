"""Temperature sensors: platinum and thermocouples, as temperatures, ohms or millivolts over Modbus."""

from integrations.devices.classes import DeviceClass

from .config import TemperatureSensorConfig
from .connector import TemperatureSensorConnector, connections
from .expectations import expectations
from .readings import TemperatureReading
from .sensors import Signal, TemperatureSensorType
from .unit import TemperatureUnit

DEVICE_CLASS = DeviceClass(
    "temperature_sensor", TemperatureSensorConfig, connections, id_key="sensor_id", expectations=expectations
)

__all__ = [
    "DEVICE_CLASS",
    "Signal",
    "TemperatureReading",
    "TemperatureSensorConfig",
    "TemperatureSensorConnector",
    "TemperatureSensorType",
    "TemperatureUnit",
]
