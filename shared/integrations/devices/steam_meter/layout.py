"""From a meter's configuration to the registers that are read, and what they say of themselves.

`register_map` is `{name: address}` or `{name: {address, type, function, order, scale, offset, unit}}`.
Without one the preset's registers are read, or the default map. With a preset it overrides and adds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from integrations.configuration import ConfigurationError
from integrations.protocols.modbus import ByteOrder, Register, RegisterTable, read_registers

from .fields import SteamMeterFields
from .flow_units import measured_unit
from .registers import DEFAULT, DEFAULT_ROLLOVER, PRESETS, Alarm


@dataclass(frozen=True)
class Layout:
    """What is read from one meter."""

    table: RegisterTable
    alarms: tuple[Alarm, ...]
    totalizer_rollover: float
    """Largest count of the totaliser's register."""


def layout_of(fields: SteamMeterFields) -> Layout:
    """Return the layout of a meter.

    Raises:
        ConfigurationError: the register map cannot be read, or its registers disagree.
    """
    preset = PRESETS[fields.preset] if fields.preset else DEFAULT
    registers = preset.registers if fields.preset else _in_units(preset.registers, fields)
    merged = _merged(fields.register_map, registers, keep=bool(fields.preset))
    if not fields.enable_totalizer:
        merged = tuple(register for register in merged if register.name != "totalizer")
    if fields.byte_order is not None:
        merged = tuple(_ordered(register, fields.byte_order) for register in merged)
    return Layout(
        _table(
            merged,
            fields.max_registers_per_request or preset.max_registers_per_request,
            preset.max_gap if fields.max_register_gap is None else fields.max_register_gap,
        ),
        tuple(alarm for alarm in preset.alarms if any(r.name == alarm.register for r in merged)),
        preset.totalizer_rollover
        if fields.totalizer_rollover == DEFAULT_ROLLOVER
        else fields.totalizer_rollover,
    )


def _table(registers: tuple[Register, ...], most: int, gap: int) -> RegisterTable:
    """Return the table; what is wrong with a register is told where the user's map has it."""
    try:
        return RegisterTable(registers, most, gap)
    except ConfigurationError as error:
        faults = (fault.under("register_map") if fault.where else fault for fault in error.faults)
        raise ConfigurationError(faults) from None


def _in_units(registers: tuple[Register, ...], fields: SteamMeterFields) -> tuple[Register, ...]:
    """Return the default registers with flow and total in the units the configuration speaks of."""
    units = {"flow_rate": measured_unit(fields), "totalizer": fields.total_unit}
    return tuple(replace(r, unit=units.get(r.name, r.unit)) for r in registers)


def _merged(entries: Mapping[str, Any], known: tuple[Register, ...], *, keep: bool) -> tuple[Register, ...]:
    """A preset is overridden and added to; the default map gives only types and units to a user's map."""
    if not entries:
        return known
    mine = read_registers(entries, known, "register_map")
    named = {register.name for register in mine}
    return (*(r for r in known if keep and r.name not in named), *mine)


def _ordered(register: Register, order: ByteOrder) -> Register:
    return replace(register, order=order) if register.width > 1 else register
