"""Configuration of a condensate meter."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, field

from integrations.configuration import ConfigurationError, Fault
from integrations.devices.modbus_config import LAST_RTU_ADDRESS, ModbusDeviceConfig, is_device_path
from integrations.devices.modbus_sensor import ModbusProtocol
from integrations.messages import MessageError, check_token
from integrations.protocols.modbus import ByteOrder
from integrations.steam import STANDARD_ATMOSPHERE_BAR

from .layout import layout_of, register_faults

NotNegative = Annotated[float, Meta(ge=0)]


class FlashCondensate(StrEnum):
    """How warm condensate is before its pressure falls."""

    SATURATED = "saturated"
    """Boiling at the upstream pressure: a steam trap lets it out so."""
    MEASURED = "measured"
    """As warm as the meter's own thermometer says."""


class CondensateMeterConfig(ModbusDeviceConfig, frozen=True):
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

    def faults(self) -> Iterable[Fault]:
        """Check what the fields say together."""
        yield from self._address_faults()
        yield from self._limit_faults()
        yield from self._pressure_faults()
        try:
            layout = layout_of(self)
        except ConfigurationError as error:
            yield from error.faults
            return
        yield from register_faults(layout, self)

    def _address_faults(self) -> Iterable[Fault]:
        tokens = {"meter_id": self.meter_id}
        if self.steam_flow_sensor is not None:
            tokens["steam_flow_sensor"] = self.steam_flow_sensor
        for key, token in tokens.items():
            try:
                check_token(key, token)
            except MessageError:
                yield Fault("", key, token, "must be letters, digits, _ or -")
        is_rtu = self.protocol is ModbusProtocol.MODBUS_RTU
        if not is_rtu and is_device_path(self.host):
            yield Fault("", "host", self.host, "must be a name or an address unless protocol is modbus_rtu")
        if is_rtu and not 1 <= self.slave_address <= LAST_RTU_ADDRESS:
            allowed = f"must be 1..{LAST_RTU_ADDRESS} on a serial line"
            yield Fault("", "slave_address", self.slave_address, allowed)

    def _limit_faults(self) -> Iterable[Fault]:
        for low, high in (("min_flow", "max_flow"), ("ph_min", "ph_max")):
            if getattr(self, low) >= getattr(self, high):
                yield Fault("", low, getattr(self, low), f"must be below {high} = {getattr(self, high):g}")
        band = self.ph_max - self.ph_min
        if self.ph_hysteresis is not None and 0 < band < 2 * self.ph_hysteresis:
            allowed = f"must be at most half of ph_max - ph_min = {band:g}"
            yield Fault("", "ph_hysteresis", self.ph_hysteresis, allowed)
        if self.conductivity_hysteresis is not None and self.conductivity_hysteresis >= self.conductivity_max:
            allowed = f"must be below conductivity_max = {self.conductivity_max:g}"
            yield Fault("", "conductivity_hysteresis", self.conductivity_hysteresis, allowed)

    def _pressure_faults(self) -> Iterable[Fault]:
        up, down = self.upstream_pressure_barg, self.downstream_pressure_barg
        for key, gauge in (("upstream_pressure_barg", up), ("downstream_pressure_barg", down)):
            if gauge is not None and gauge <= -self.barometer_bar:
                allowed = f"must be above -{self.barometer_bar:g}: that is vacuum by barometer_bar"
                yield Fault("", key, gauge, allowed)
        if up is not None and down is not None and down >= up:
            allowed = f"must be below upstream_pressure_barg = {up:g}"
            yield Fault("", "downstream_pressure_barg", down, allowed)
