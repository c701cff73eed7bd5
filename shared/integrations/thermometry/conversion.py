"""From signals to temperatures or faults: what a signal says about its sensor."""

from collections.abc import Callable
from enum import IntEnum
from math import prod
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Faults = NDArray[np.uint8]

BLOCK = 8192
"""Values converted at once, so that they and what is made of them stay in the processor's cache."""


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

    def __new__(cls, code: int, words: str = "") -> Self:
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
    conditions, faults = zip(*findings, strict=True)
    fault = np.select(conditions, [np.uint8(one) for one in faults], np.uint8(SensorFault.NONE))
    return Conversion(np.where(fault == SensorFault.NONE, temperature_c, np.nan), fault)


def faultless(temperature_c: Floats) -> Conversion:
    """Return temperatures that nothing speaks against."""
    return Conversion(temperature_c, np.zeros(temperature_c.shape, np.uint8))


def within(temperature_c: ArrayLike, lowest_c: float, highest_c: float) -> Conversion:
    """Judge temperatures that were linearised elsewhere against the range of their sensor."""
    given = np.asarray(temperature_c, np.float64)
    return judged(
        given,
        (np.isnan(given), SensorFault.NO_VALUE),
        (given < lowest_c, SensorFault.BELOW_RANGE),
        (given > highest_c, SensorFault.ABOVE_RANGE),
    )


def in_blocks(convert: Callable[..., Conversion], *signals: ArrayLike) -> Conversion:
    """Convert signals of any shapes that broadcast, a block of a flat array at a time."""
    arrays = [np.asarray(signal, np.float64) for signal in signals]
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    flat = [
        array.reshape(1) if array.size == 1 else np.broadcast_to(array, shape).reshape(-1) for array in arrays
    ]
    size = prod(shape)
    whole = Conversion(np.empty(size), np.empty(size, np.uint8))
    for start in range(0, size, BLOCK):
        block = slice(start, start + BLOCK)
        part = convert(*(array if array.size == 1 else array[block] for array in flat))
        whole.temperature_c[block], whole.fault[block] = part
    return Conversion(whole.temperature_c.reshape(shape), whole.fault.reshape(shape))
