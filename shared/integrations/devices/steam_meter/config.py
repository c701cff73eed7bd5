"""Configuration of a steam meter."""

from collections.abc import Iterable
from enum import Enum
from typing import Annotated, Any

from msgspec import Meta, field

from integrations.configuration import MISSING, ConfigurationError, Fault
from integrations.devices.modbus_config import LAST_RTU_ADDRESS, ModbusDeviceConfig, is_device_path
from integrations.messages import MessageError, check_token
from integrations.protocols.modbus import ByteOrder, RegisterType
from integrations.units import UnitError, affine

from .layout import layout_of
from .registers import DEFAULT_ROLLOVER, PRESETS


class MeterProtocol(Enum):
    """How a steam meter is read."""

    MODBUS_RTU = "modbus_rtu"
    """Serial when `host` is a device path (/dev/ttyUSB0, COM3), else RTU frames over TCP to a gateway."""
    MODBUS_TCP = "modbus_tcp"
    HART = "hart"
    ANALOG_4_20MA = "4-20ma"
    OPC_UA = "opc_ua"


class FlowMeasurementType(Enum):
    """What the meter measures."""

    MASS_FLOW = "mass_flow"
    VOLUMETRIC_FLOW = "volumetric_flow"
    VELOCITY = "velocity"
    ENERGY_FLOW = "energy_flow"


READY = (MeterProtocol.MODBUS_TCP, MeterProtocol.MODBUS_RTU)
"""Protocols a steam meter can be read by."""
RANGES = (
    ("min_valid_flow", "max_valid_flow"),
    ("flow_min", "flow_max"),
    ("current_min_ma", "current_max_ma"),
)
"""Fields of which the first must be below the second."""
LONGEST_REGISTER_NAME = 63
"""Leaves room for the meter's id before it: together they are the sensor's id, a token."""


class SteamMeterConfig(ModbusDeviceConfig, frozen=True):
    """A steam meter: where it is, what its registers hold, which flows are believable.

    `register_map` is `{name: address}` or `{name: {address, type, function, order, scale, offset, unit}}`;
    without one the preset's registers are read, or the default map. With a preset it overrides and adds.
    flow = raw × calibration_factor + calibration_offset, in `units`.
    """

    protocol: MeterProtocol = MeterProtocol.MODBUS_TCP
    meter_id: Annotated[str, Meta(max_length=64)] = "steam_meter_1"
    preset: str | None = None
    register_map: dict[str, Any] = field(default_factory=dict)
    byte_order: ByteOrder | None = None
    """Overrides the byte order of every register that is wider than one, as the meter's menu does."""
    max_registers_per_request: Annotated[int, Meta(ge=1, le=125)] | None = None
    max_register_gap: Annotated[int, Meta(ge=0, le=124)] | None = None
    slave_address: Annotated[int, Meta(ge=0, le=255)] = 1
    hart_address: Annotated[int, Meta(ge=0, le=63)] = 0
    poll_address: Annotated[int, Meta(ge=0, le=63)] = 0
    current_min_ma: float = 4.0
    current_max_ma: float = 20.0
    flow_min: float = 0.0
    flow_max: float = 100.0
    calibration_factor: float = 1.0
    calibration_offset: float = 0.0
    k_factor: float | None = None
    measurement_type: FlowMeasurementType = FlowMeasurementType.MASS_FLOW
    units: str = "t/hr"
    sampling_rate_hz: Annotated[float, Meta(gt=0, le=1000)] = 1.0
    averaging_window_seconds: Annotated[float, Meta(gt=0)] = 60.0
    enable_totalizer: bool = True
    totalizer_rollover: Annotated[float, Meta(gt=0)] = DEFAULT_ROLLOVER
    """Largest count of the register before it starts again at 0; left alone, a preset's own holds."""
    min_valid_flow: float = 0.0
    max_valid_flow: float = 500.0
    max_flow_change_rate: Annotated[float, Meta(gt=0)] = 50.0
    """Largest believable change of flow, in `units` per minute."""

    def faults(self) -> Iterable[Fault]:
        """Check what the fields say together."""
        if self.protocol not in READY:
            ready = " or ".join(protocol.value for protocol in READY)
            yield Fault("", "protocol", self.protocol, f"must be {ready}: meters are not read by others yet")
        yield from self._address_faults()
        for low, high in RANGES:
            if getattr(self, low) >= getattr(self, high):
                allowed = f"must be below {high} = {getattr(self, high):g}"
                yield Fault("", low, getattr(self, low), allowed)
        try:
            affine(self.units, f"{self.total_unit}/h")
        except UnitError as error:
            yield Fault("", "units", self.units, f"must be a flow: {error}")
            return
        if self.preset is not None and self.preset not in PRESETS:
            yield Fault("", "preset", self.preset, f"must be one of {', '.join(PRESETS)}")
        else:
            yield from self._table_faults()

    @property
    def total_unit(self) -> str:
        """Unit of the totaliser: that of `units` without its time; energy for power."""
        mass, slash, _ = self.units.partition("/")
        return mass if slash else f"{self.units}h"

    def unit_of(self, name: str, unit: str) -> str:
        """Return the unit in which the value `name` is handed on, whose register has `unit`."""
        return {"flow_rate": self.units, "totalizer": self.total_unit}.get(name, unit)

    def _address_faults(self) -> Iterable[Fault]:
        try:
            check_token("meter_id", self.meter_id)
        except MessageError:
            yield Fault("", "meter_id", self.meter_id, "must be letters, digits, _ or -")
        if self.protocol is MeterProtocol.MODBUS_TCP and is_device_path(self.host):
            yield Fault("", "host", self.host, "must be a name or an address unless protocol is modbus_rtu")
        if self.protocol is MeterProtocol.MODBUS_RTU and not 1 <= self.slave_address <= LAST_RTU_ADDRESS:
            allowed = f"must be 1..{LAST_RTU_ADDRESS} on a serial line"
            yield Fault("", "slave_address", self.slave_address, allowed)

    def _table_faults(self) -> Iterable[Fault]:
        try:
            table = layout_of(self).table
        except ConfigurationError as error:
            yield from error.faults
            return
        if "flow_rate" not in table.names:
            yield Fault("register_map", "flow_rate", MISSING, "is missing: it says where the flow is read")
        for register in table.registers:
            if register.type is RegisterType.STRING:
                yield Fault(f"register_map.{register.name}", "type", register.type, "must be a number's")
            if len(register.name) > LONGEST_REGISTER_NAME:
                allowed = f"must be a name of at most {LONGEST_REGISTER_NAME} characters"
                yield Fault("register_map", register.name, MISSING, allowed)
            try:
                check_token("register name", register.name)
                affine(register.unit, self.unit_of(register.name, register.unit))
            except (UnitError, MessageError) as error:
                yield Fault("register_map", register.name, register.unit, f"cannot be used: {error}")
