"""What a steam meter shows: its reading and its totaliser."""

from datetime import datetime

from msgspec import Struct

from integrations.messages import Origin, Status


class FlowReading(Struct, frozen=True):
    """One reading; state values that the meter did not give are None."""

    timestamp: datetime
    """When the meter answered, UTC."""
    flow_rate: float
    """NaN when the meter gave none."""
    totalizer: float
    """As the meter shows it; NaN when the meter gave none, 0 when it is not wanted."""
    velocity: float | None = None
    density: float | None = None
    temperature: float | None = None
    pressure: float | None = None
    quality_score: float = 100.0
    raw_value: float | None = None
    """Flow before calibration; for an analog meter the current in mA."""
    unit: str = "t/hr"
    meter_id: str = ""
    protocol: str = ""
    status: int = Status.GOOD
    """OPC UA StatusCode of the flow."""
    origin: Origin = Origin.MEASURED
    stale: bool = False
    """The meter has not answered since; the timestamp says how old the numbers are."""
    totalizer_status: int = Status.GOOD
    """OPC UA StatusCode of the total; a computed one that lacks something is UncertainSubNormal."""
    totalizer_computed: bool = False
    """The meter has no totaliser: its flow was added up here, since the connector began."""


class TotalizerState(Struct):
    """Software side of a totaliser: the meter's or computed total, and what passed since counting began."""

    current_total: float = 0.0
    previous_total: float = 0.0
    last_update: datetime | None = None
    rollover_count: int = 0
    lifetime_total: float = 0.0
