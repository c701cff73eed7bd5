"""From a meter's configuration to what is read and handed on: registers, channels, alarms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from integrations.protocols.modbus import ByteOrder, Register, RegisterTable, read_registers

from .registers import DEFAULT, DEFAULT_ROLLOVER, PRESETS, Alarm

if TYPE_CHECKING:
    from .config import SteamMeterConfig


@dataclass(frozen=True)
class Layout:
    """What is read from one meter."""

    table: RegisterTable
    alarms: tuple[Alarm, ...]
    totalizer_rollover: float
    """Largest count of the totaliser's register."""


def layout_of(config: "SteamMeterConfig") -> Layout:
    """Return the layout of a meter.

    Raises:
        ConfigurationError: the register map cannot be read, or its registers disagree.
    """
    preset = PRESETS[config.preset] if config.preset else DEFAULT
    registers = preset.registers if config.preset else _in_units(preset.registers, config)
    merged = _merged(config.register_map, registers, keep=bool(config.preset))
    if not config.enable_totalizer:
        merged = tuple(register for register in merged if register.name != "totalizer")
    if config.byte_order is not None:
        merged = tuple(_ordered(register, config.byte_order) for register in merged)
    return Layout(
        RegisterTable(
            merged,
            config.max_registers_per_request or preset.max_registers_per_request,
            preset.max_gap if config.max_register_gap is None else config.max_register_gap,
        ),
        tuple(alarm for alarm in preset.alarms if any(r.name == alarm.register for r in merged)),
        preset.totalizer_rollover
        if config.totalizer_rollover == DEFAULT_ROLLOVER
        else config.totalizer_rollover,
    )


def _in_units(registers: tuple[Register, ...], config: "SteamMeterConfig") -> tuple[Register, ...]:
    """Return the default registers with flow and total in the configured units."""
    return tuple(replace(r, unit=config.unit_of(r.name, r.unit)) for r in registers)


def _merged(entries: Mapping[str, Any], known: tuple[Register, ...], *, keep: bool) -> tuple[Register, ...]:
    """A preset is overridden and added to; the default map gives only types and units to a user's map."""
    if not entries:
        return known
    mine = read_registers(entries, known, "register_map")
    named = {register.name for register in mine}
    return (*(r for r in known if keep and r.name not in named), *mine)


def _ordered(register: Register, order: ByteOrder) -> Register:
    return replace(register, order=order) if register.width > 1 else register
