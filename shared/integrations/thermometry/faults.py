"""What a sensor's signal says about the sensor itself."""

from enum import IntEnum
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Faults = NDArray[np.uint8]


class SensorFault(IntEnum):
    """Why a signal is no temperature; `words` is the fault in words."""

    NONE = 0, "no fault"
    OPEN_CIRCUIT = 1, "open circuit"
    SHORT_CIRCUIT = 2, "short circuit"
    BELOW_RANGE = 3, "below the sensor's range"
    ABOVE_RANGE = 4, "above the sensor's range"
    NO_VALUE = 5, "no value"
    COLD_JUNCTION = 6, "cold junction unknown"

    words: str

    def __new__(cls, code: int, words: str) -> Self:
        """Let a fault be its code for arrays and its words for people."""
        fault = int.__new__(cls, code)
        fault._value_ = code
        fault.words = words
        return fault

    @property
    def token(self) -> str:
        """The fault as events name it: `open_circuit`."""
        return self.name.lower()


class Conversion(NamedTuple):
    """Temperatures, and why there is none: arrays of one shape."""

    temperature_c: Floats
    """NaN wherever there is a fault."""
    fault: Faults
    """Codes of `SensorFault`."""


def judged(temperature_c: Floats, *findings: tuple[NDArray[np.bool_], SensorFault]) -> Conversion:
    """Return the temperatures without those that a finding speaks against; the first finding counts."""
    if not any(found.any() for found, _ in findings):
        return Conversion(temperature_c, np.zeros(temperature_c.shape, np.uint8))
    conditions, faults = zip(*findings, strict=True)
    fault = np.select(conditions, [np.uint8(one) for one in faults], np.uint8(SensorFault.NONE))
    return Conversion(np.where(fault == SensorFault.NONE, temperature_c, np.nan), fault)
