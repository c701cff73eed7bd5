"""Temperatures from what sensors give: ohms of platinum, millivolts of thermocouples; pure, on arrays."""

from .conversion import Conversion, SensorFault
from .nist import TYPE_J, TYPE_K, TYPE_T
from .platinum import PT100, PT1000, PlatinumSensor
from .thermocouple import Thermocouple

__all__ = [
    "PT100",
    "PT1000",
    "TYPE_J",
    "TYPE_K",
    "TYPE_T",
    "Conversion",
    "PlatinumSensor",
    "SensorFault",
    "Thermocouple",
]
