"""What a pressure sensor shows."""

from datetime import datetime

from msgspec import Struct

from integrations.messages import Origin, Status

from .config import PressureType


class PressureReading(Struct, frozen=True):
    """One reading; what the sensor did not give is NaN or None."""

    timestamp: datetime
    """When the unit answered, UTC."""
    pressure: float
    """NaN when the sensor gave none."""
    unit: str
    sensor_id: str
    pressure_type: PressureType
    temperature: float | None = None
    """Of the sensor's cell, °C."""
    quality_score: float = 100.0
    raw_value: float | None = None
    """Before calibration, zero offset and barometer, in `unit`."""
    status: int = Status.GOOD
    """OPC UA StatusCode of the pressure."""
    origin: Origin = Origin.MEASURED
    stale: bool = False
    """The unit has not answered since; the timestamp says how old the numbers are."""
    drifting: bool = False
    """The sensor has left its baseline for good; see `drift`."""
