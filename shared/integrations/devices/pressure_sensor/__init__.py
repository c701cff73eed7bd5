"""Pressure sensors on Modbus: many points, gauge, absolute and differential, in bursts where wanted."""

from integrations.devices.classes import DeviceClass

from .config import PressureSensorConfig, PressureSensorType, PressureType
from .connector import PressureSensorConnector
from .expectations import expectations
from .readings import PressureReading
from .unit import PressureUnit, pressure_units

DEVICE_CLASS = DeviceClass(
    "pressure_sensor",
    PressureSensorConfig,
    connectors=pressure_units,
    id_key="sensor_id",
    expectations=expectations,
)

__all__ = [
    "DEVICE_CLASS",
    "PressureReading",
    "PressureSensorConfig",
    "PressureSensorConnector",
    "PressureSensorType",
    "PressureType",
    "PressureUnit",
]
