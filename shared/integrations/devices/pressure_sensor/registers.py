"""Registers of pressure transmitters, as tables: the default one and those of public manuals."""

from dataclasses import dataclass

from integrations.protocols.modbus import FLOAT32, Register


@dataclass(frozen=True)
class Preset:
    """How one make of transmitter is read; a register without a unit has the configured one."""

    pressure: Register
    temperature: Register | None = None


DEFAULT = Preset(Register("pressure", 0, FLOAT32))
"""A transmitter that nothing else is said about.

IEEE 754 in two holding registers, high word first, is what transmitters with Modbus have in common: it needs
no scale to be agreed on, and NaN says that there is no value.
"""

KELLER_30 = Preset(
    Register("pressure", 2, FLOAT32, unit="bar"),
    Register("temperature", 8, FLOAT32, unit="°C"),
)
"""Keller series 30: P1, and TOB1, the temperature at its cell; NaN is an error, ±infinity out of range.

Whether P1 is gauge, absolute or differential is the make of the cell: PR, PAA, PD.
"""

PRESETS = {"keller_30": KELLER_30}
