"""Condensate meters: flow, temperature, return percentage, analysis and flash steam over Modbus."""

from integrations.devices.classes import DeviceClass, one_each

from .config import CondensateMeterConfig
from .connector import CondensateMeterConnector
from .expectations import expectations
from .fields import FlashCondensate
from .readings import CondensateReading

DEVICE_CLASS = DeviceClass(
    "condensate_meter",
    CondensateMeterConfig,
    connectors=one_each(CondensateMeterConnector),
    id_key="meter_id",
    expectations=expectations,
)

__all__ = [
    "DEVICE_CLASS",
    "CondensateMeterConfig",
    "CondensateMeterConnector",
    "CondensateReading",
    "FlashCondensate",
]
