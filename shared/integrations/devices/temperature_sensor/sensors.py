"""Kinds of temperature sensors, and what turns the signal of each into a temperature."""

from enum import Enum, StrEnum
from typing import Self

from integrations.thermometry import (
    PT100,
    PT1000,
    TYPE_J,
    TYPE_K,
    TYPE_T,
    PlatinumSensor,
    Thermocouple,
)


class TemperatureSensorType(Enum):
    """What measures."""

    RTD_PT100 = "rtd_pt100"
    RTD_PT1000 = "rtd_pt1000"
    THERMOCOUPLE_K = "thermocouple_k"
    THERMOCOUPLE_J = "thermocouple_j"
    THERMOCOUPLE_T = "thermocouple_t"

    @property
    def model(self) -> PlatinumSensor | Thermocouple:
        """Its physics."""
        return _MODELS[self]

    @property
    def is_thermocouple(self) -> bool:
        """Whether it needs a cold junction."""
        return isinstance(self.model, Thermocouple)


_MODELS: dict[TemperatureSensorType, PlatinumSensor | Thermocouple] = {
    TemperatureSensorType.RTD_PT100: PT100,
    TemperatureSensorType.RTD_PT1000: PT1000,
    TemperatureSensorType.THERMOCOUPLE_K: TYPE_K,
    TemperatureSensorType.THERMOCOUPLE_J: TYPE_J,
    TemperatureSensorType.THERMOCOUPLE_T: TYPE_T,
}


class Signal(StrEnum):
    """What a sensor's register holds; `unit` is the unit it is worked with in."""

    TEMPERATURE = "temperature", "°C"
    """The module or transmitter has linearised already."""
    OHMS = "ohms", "ohm"
    MILLIVOLTS = "millivolts", "mV"

    unit: str

    def __new__(cls, text: str, unit: str) -> Self:
        """Let the configuration say "ohms"."""
        member = str.__new__(cls, text)
        member._value_ = text
        member.unit = unit
        return member
