"""What a condensate meter shows."""

from datetime import datetime

from msgspec import Struct

from integrations.messages import Origin, Status


class CondensateReading(Struct, frozen=True):
    """One reading; without a value flow, temperature and return percentage are NaN, all else is None."""

    timestamp: datetime
    """When the meter answered, UTC."""
    flow_rate: float
    """t/hr."""
    temperature: float
    """°C."""
    return_percentage: float
    """Condensate per steam in %; above 100 it is carried and doubted in its status on the bus."""
    flash_steam_loss: float | None = None
    """t/hr that flash down to the configured downstream pressure."""
    quality_ph: float | None = None
    conductivity: float | None = None
    """µS/cm, at 25 °C where compensation is configured or the meter compensates by itself."""
    quality_score: float = 100.0
    """Of the flow, 0 to 100."""
    pressure: float | None = None
    """bar g, upstream of where the condensate flashes."""
    meter_id: str = ""
    contamination: tuple[str, ...] = ()
    """Limits that are passed: `ph_low`, `ph_high`, `conductivity_high`."""
    status: int = Status.GOOD
    """OPC UA StatusCode of the flow."""
    origin: Origin = Origin.MEASURED
    stale: bool = False
    """The meter has not answered since; the timestamp says how old the numbers are."""
