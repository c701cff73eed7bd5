"""What one poll of a device yields: a value and a status per channel, at one time."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from integrations.messages import Origin


@dataclass(frozen=True, slots=True)
class Channel:
    """One sensor of a device: an own series of readings on the bus."""

    sensor_id: str
    quantity: str
    unit: str


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One poll: arrays in the order of the device's channels."""

    time_ns: int
    """UTC nanoseconds at which the device answered, or at which its answer was given up."""
    values: NDArray[np.float64]
    """Engineering values; NaN where there is none."""
    status: NDArray[np.uint32]
    """OPC UA StatusCodes."""
    origin: Origin = Origin.MEASURED

    @property
    def timestamp(self) -> datetime:
        """The time as an aware UTC datetime, microseconds rounded down."""
        return utc_datetime(self.time_ns)


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """Something the readings of a device reveal; `kind` is a token, `facts` are plain values."""

    kind: str
    text: str
    facts: dict[str, float | int | str | None]


def utc_datetime(time_ns: int) -> datetime:
    """Aware UTC datetime of UTC nanoseconds."""
    return datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).replace(
        microsecond=time_ns % 1_000_000_000 // 1000
    )
