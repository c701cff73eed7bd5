"""From a condensate meter's configuration to what is read, and whether it can be used."""

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from integrations.configuration import MISSING, Fault
from integrations.messages import MessageError, check_token
from integrations.protocols.modbus import ByteOrder, Register, RegisterTable, RegisterType, read_registers
from integrations.units import Affine, PressureReference, UnitError, affine, compatible

from .fields import CondensateMeterFields
from .registers import ANALYSIS, DEFAULT, HANDED_ON_IN, OPTIONAL

LONGEST_REGISTER_NAME = 63
"""Leaves room for the meter's id before it: together they are the sensor's id, a token."""
VOLUME_FLOW_UNIT = "m3/h"


@dataclass(frozen=True)
class Layout:
    """What is read from one meter, and what is computed from it."""

    table: RegisterTable
    derived: tuple[str, ...]
    """Quantities that no register holds."""

    @property
    def volumetric(self) -> bool:
        """Whether the meter gives its flow as a volume."""
        return any(map(is_volumetric, self.table.registers))


def layout_of(config: CondensateMeterFields) -> Layout:
    """Return the layout of a meter.

    Raises:
        ConfigurationError: the register map cannot be read, or its registers disagree.
    """
    registers: tuple[Register, ...] = DEFAULT
    if config.register_map:
        registers = read_registers(config.register_map, (*DEFAULT, *OPTIONAL), "register_map")
    computes_return = config.steam_flow_sensor is not None or "steam_flow" in config.register_map
    unwanted = {"return_percentage"} if computes_return else set()
    if not config.enable_quality_analysis:
        unwanted |= ANALYSIS
    kept = tuple(_ordered(each, config.byte_order) for each in registers if each.name not in unwanted)
    derived = ["return_percentage"] if computes_return else []
    if config.downstream_pressure_barg is not None:
        derived.append("flash_steam_loss")
    table = RegisterTable(kept, config.max_registers_per_request, config.max_register_gap)
    return Layout(table, tuple(derived))


def conversion(register: Register, config: CondensateMeterFields) -> Affine:
    """Return scale and offset from a register's unit to the one it is handed on in (volume flow: m³/h).

    Raises:
        UnitError: the unit is unknown, or measures something else.
    """
    return affine(
        register.unit,
        target_unit(register),
        unmarked=PressureReference.GAUGE,
        barometer_bar=config.barometer_bar,
    )


def target_unit(register: Register) -> str:
    """Return the unit that a register's value is converted to by scale and offset."""
    return VOLUME_FLOW_UNIT if is_volumetric(register) else HANDED_ON_IN.get(register.name, register.unit)


def is_volumetric(register: Register) -> bool:
    """Whether this is the condensate's flow, as a volume."""
    try:
        return register.name == "flow_rate" and compatible(register.unit, VOLUME_FLOW_UNIT)
    except UnitError:
        return False


def register_faults(layout: Layout, config: CondensateMeterFields) -> Iterable[Fault]:
    """Check that every register can be used, and that none is missing."""
    names = layout.table.names
    if "flow_rate" not in names:
        yield Fault("register_map", "flow_rate", MISSING, "is missing: it says where the flow is read")
    for register in layout.table.registers:
        yield from _usable(register, config)
    if config.steam_flow_sensor is not None and "steam_flow" in names:
        allowed = "must be left out where the register map has steam_flow: one of them says the steam flow"
        yield Fault("", "steam_flow_sensor", config.steam_flow_sensor, allowed)
    if "flash_steam_loss" in names and "flash_steam_loss" in layout.derived:
        allowed = "must be left out where downstream_pressure_barg says that it is computed"
        yield Fault("register_map", "flash_steam_loss", MISSING, allowed)
    yield from _temperature_faults(layout, config)


def _temperature_faults(layout: Layout, config: CondensateMeterFields) -> Iterable[Fault]:
    names = layout.table.names
    if "temperature" in names:
        return
    needed = "needs the register temperature"
    if config.flash_condensate == "measured":
        yield Fault("", "flash_condensate", config.flash_condensate, needed)
    if config.conductivity_percent_per_k and "conductivity" in names:
        yield Fault("", "conductivity_percent_per_k", config.conductivity_percent_per_k, needed)
    for flow in filter(is_volumetric, layout.table.registers):
        yield Fault("register_map.flow_rate", "unit", flow.unit, f"{needed}: mass is volume times density")


def _usable(register: Register, config: CondensateMeterFields) -> Iterable[Fault]:
    where = f"register_map.{register.name}"
    if register.type is RegisterType.STRING:
        yield Fault(where, "type", register.type, "must be a number's")
    if len(register.name) > LONGEST_REGISTER_NAME:
        allowed = f"must be a name of at most {LONGEST_REGISTER_NAME} characters"
        yield Fault("register_map", register.name, MISSING, allowed)
    try:
        check_token("register name", register.name)
        conversion(register, config)
    except (UnitError, MessageError) as error:
        yield Fault("register_map", register.name, register.unit, f"cannot be used: {error}")


def _ordered(register: Register, order: ByteOrder | None) -> Register:
    return replace(register, order=order) if order is not None and register.width > 1 else register
