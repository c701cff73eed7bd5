"""Every key of a condensate meter's configuration, with its default."""

from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, field

from integrations.devices.modbus_config import ModbusDeviceConfig
from integrations.devices.modbus_sensor import ModbusProtocol
from integrations.protocols.modbus import ByteOrder
from integrations.steam import STANDARD_ATMOSPHERE_BAR

NotNegative = Annotated[float, Meta(ge=0)]


class FlashCondensate(StrEnum):
    """How warm condensate is before its pressure falls."""

    SATURATED = "saturated"
    """Boiling at the upstream pressure: a steam trap lets it out so."""
    MEASURED = "measured"
    """As warm as the meter's own thermometer says."""


class CondensateMeterFields(ModbusDeviceConfig, frozen=True):
    """A condensate meter: where it is, what its registers hold, what is believable, what is contamination.

    `register_map` is `{name: address}` or `{name: {address, type, function, order, scale, offset, unit}}`;
    without one the default map is read. Flows are in t/hr, pressures in bar above the barometer.

    The return percentage is computed against the sensor `steam_flow_sensor` of the bus, else against the
    register `steam_flow`, else it is the register `return_percentage`, else it is not known.
    """

    protocol: ModbusProtocol = ModbusProtocol.MODBUS_TCP
    meter_id: Annotated[str, Meta(max_length=64)] = "condensate_meter_1"
    register_map: dict[str, Any] = field(default_factory=dict)
    byte_order: ByteOrder | None = None
    """Overrides the byte order of every register that is wider than one, as the meter's menu does."""
    max_registers_per_request: Annotated[int, Meta(ge=1, le=125)] = 125
    max_register_gap: Annotated[int, Meta(ge=0, le=124)] = 8
    slave_address: Annotated[int, Meta(ge=0, le=255)] = 1
    sampling_rate_hz: Annotated[float, Meta(gt=0, le=1000)] = 0.5
    min_flow: float = 0.0
    max_flow: float = 50.0
    max_flow_change_rate: NotNegative = 50.0
    """Largest believable change of flow, in t/hr per minute; 0 for pumps that start and stop."""
    steam_flow_sensor: str | None = None
    """Sensor id of the measured steam flow on the bus, such as `main_steam_header-flow_rate`."""
    steam_flow_max_age_seconds: Annotated[float, Meta(gt=0)] = 60.0
    """A steam flow further away in time than this says nothing about a condensate flow."""
    min_steam_flow: Annotated[float, Meta(gt=0)] = 0.1
    """Below this steam flow in t/hr there is no return percentage."""
    upstream_pressure_barg: float | None = None
    """Pressure of condensate before it flashes; overrides the register `pressure`."""
    downstream_pressure_barg: float | None = None
    """Pressure it flashes to; without it readings have no `flash_steam_loss`."""
    flash_condensate: FlashCondensate = FlashCondensate.SATURATED
    barometer_bar: Annotated[float, Meta(ge=0.3, le=1.2)] = STANDARD_ATMOSPHERE_BAR
    enable_quality_analysis: bool = True
    """False: pH and conductivity are not read."""
    ph_min: Annotated[float, Meta(ge=0, le=14)] = 7.0
    ph_max: Annotated[float, Meta(ge=0, le=14)] = 9.5
    ph_hysteresis: NotNegative | None = None
    """None is a tenth of the way from ph_min to ph_max."""
    conductivity_max: Annotated[float, Meta(gt=0)] = 50.0
    """µS/cm."""
    conductivity_hysteresis: NotNegative | None = None
    """None is a tenth of conductivity_max."""
    conductivity_percent_per_k: Annotated[float, Meta(ge=0, le=10)] = 0.0
    """Brings conductivity to 25 °C by the condensate's temperature; 0 where the meter does that itself."""
