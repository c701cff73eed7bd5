"""What a temperature sensor shows."""

from datetime import datetime

from msgspec import Struct

from integrations.messages import Origin, Status


class TemperatureReading(Struct, frozen=True):
    """One reading of one sensor."""

    timestamp: datetime
    """When the sensor's unit answered, UTC."""
    temperature: float
    """Mean of the last `smoothing_window` good samples; NaN when this sample is bad."""
    unit: str
    sensor_id: str
    quality_score: float = 100.0
    cjc_temperature: float | None = None
    """Cold junction in °C; None where there is none, or where a module compensates unseen."""
    raw_value: float | None = None
    """This sample alone, in `unit`."""
    fault: str | None = None
    """What is wrong with the sensor: open_circuit, short_circuit, below_range, above_range, no_value,
    cold_junction."""
    status: int = Status.GOOD
    """OPC UA StatusCode of this sample."""
    origin: Origin = Origin.MEASURED
    stale: bool = False
    """The unit has not answered since; the timestamp says how old the numbers are."""
