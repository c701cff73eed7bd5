"""Temperatures from what sensors give: ohms of platinum, millivolts of thermocouples; pure, on arrays."""

from .conversion import Conversion, SensorFault, within
from .nist import TYPE_J, TYPE_K, TYPE_T
from .platinum import PT100, PT1000, PlatinumSensor
from .thermocouple import COLDEST_JUNCTION_C, HOTTEST_JUNCTION_C, Thermocouple

__all__ = [
    "COLDEST_JUNCTION_C",
    "HOTTEST_JUNCTION_C",
    "PT100",
    "PT1000",
    "TYPE_J",
    "TYPE_K",
    "TYPE_T",
    "Conversion",
    "PlatinumSensor",
    "SensorFault",
    "Thermocouple",
    "within",
]
