"""What one poll of a device yields: a value and a status per channel, at one time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from integrations.messages import Origin, Severity, Status, is_bad
from integrations.resilience import CircuitBreakerOpenError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Channel:
    """One sensor of a device: an own series of readings on the bus."""

    sensor_id: str
    quantity: str
    unit: str


class Sample(Struct, frozen=True, eq=False):
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


AnySample = TypeVar("AnySample", bound=Sample)


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """Something the readings of a device reveal; `kind` is a token, `facts` are plain values."""

    kind: str
    text: str
    facts: dict[str, float | int | str | None]
    sensor_id: str | None = None
    """The one sensor it is about, where a connection has several."""
    severity: Severity = Severity.WARNING


def lost_sample(time_ns: int, channels: int, error: Exception, origin: Origin = Origin.MEASURED) -> Sample:
    """Return the sample of a poll that failed: no values, and why as status."""
    status = np.full(channels, status_of(error), np.uint32)
    return Sample(time_ns, np.full(channels, np.nan), status, origin)


def marked_simulated(sample: AnySample) -> AnySample:
    """Return the sample of a simulator, marked as what it is."""
    status = np.where(sample.status == Status.GOOD, np.uint32(Status.GOOD_EDITED), sample.status)
    return replace(sample, status=status, origin=Origin.SIMULATED)


def status_of(error: Exception) -> int:
    """StatusCode of a channel whose device could not be read; a protocol's own error knows its status."""
    own = getattr(error, "status", None)
    if isinstance(own, int) and is_bad(own):
        return own
    if isinstance(error, CircuitBreakerOpenError):
        return Status.BAD_NO_COMMUNICATION
    if isinstance(error, TimeoutError):
        return Status.BAD_TIMEOUT
    if isinstance(error, ConnectionError):
        return Status.BAD_NOT_CONNECTED
    return Status.BAD_COMMUNICATION_ERROR


def utc_datetime(time_ns: int) -> datetime:
    """Aware UTC datetime of UTC nanoseconds."""
    return _EPOCH + timedelta(microseconds=time_ns // 1000)
