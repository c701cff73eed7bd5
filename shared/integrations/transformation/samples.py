"""Samples of many sensors as arrays of one length, before and after the checks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from integrations.quality import Flags, Statuses

from .segments import Floats, Segments, Times


@dataclass(frozen=True)
class FlatSamples:
    """Samples in the units of their limits, those of a sensor adjacent and in the order of arrival."""

    segments: Segments
    """Which samples are whose, by the index that the bank gave to the sensor."""
    time: Times
    """UTC nanoseconds, not negative."""
    value: Floats
    """NaN where the device gave none."""
    status: Statuses
    """OPC UA StatusCode of the device."""
    flags: Flags
    """What is known before any check: SIMULATED, UNCONVERTIBLE."""


@dataclass(frozen=True)
class CleanSamples:
    """What the checks made of the samples, in their order."""

    value: Floats
    """NaN where the sample has no usable value."""
    flags: Flags
    status: Statuses
    """The worse of the device's status and what the checks found."""
    qartod: NDArray[np.uint8]
    quality: NDArray[np.uint8]
    """0 to 100."""
