"""Where a sensor's signal stands: the default registers, and those of public manuals."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from msgspec.structs import replace

from integrations.configuration import ConfigurationError, read_struct
from integrations.protocols.modbus import FLOAT32, INT16, INT32, UINT16, Function, Register

from .sensors import Signal


@dataclass(frozen=True)
class Preset:
    """How one make of input module is read: the register of channel 0 for each signal it can give."""

    registers: Mapping[Signal, Register]
    channels: int
    for_thermocouples: bool

    def register(self, signal: Signal, channel: int) -> Register:
        """Return the register of a channel."""
        first = self.registers[signal]
        return replace(first, address=first.address + channel * first.width)


DEFAULT: Mapping[Signal, Register] = MappingProxyType({
    Signal.TEMPERATURE: Register("temperature", 0, INT16, scale=0.1, unit="°C"),
    Signal.OHMS: Register("resistance", 0, FLOAT32, unit="ohm"),
    Signal.MILLIVOLTS: Register("emf", 0, FLOAT32, unit="mV"),
})  # fmt: skip
"""Registers of a sensor that nothing else is said about."""

MOXA_E1260 = Preset(
    {
        Signal.TEMPERATURE: Register("temperature", 0x0600, INT16, Function.INPUT, scale=0.1, unit="°C"),
        Signal.OHMS: Register("resistance", 0x0600, UINT16, Function.INPUT, scale=0.1, unit="ohm"),
    },
    channels=6,
    for_thermocouples=False,
)
"""Moxa ioLogik E1260, six RTDs; °C, °F or ohms are set on the module."""

MOXA_E1262 = Preset(
    {Signal.TEMPERATURE: Register("temperature", 2048, INT32, Function.INPUT, scale=0.1, unit="°C")},
    channels=8,
    for_thermocouples=True,
)
"""Moxa ioLogik E1262, eight thermocouples of two words each; compare one with the display for their order."""

PRESETS = {"moxa_e1260": MOXA_E1260, "moxa_e1262": MOXA_E1262}


def cold_junction_register(entry: int | Mapping[str, Any], function: Function) -> Register:
    """Return the register of a cold junction: an address, or a table that says more about it.

    It is an int16 in 0.1 °C beside the thermocouple's own, unless the table says otherwise; floats are in °C.

    Raises:
        ConfigurationError: lists every fault of the entry.
    """
    given = {"address": entry} if isinstance(entry, int) else dict(entry)
    scale = 1.0 if str(given.get("type", "")).startswith("float") else 0.1
    start = {"type": INT16, "function": function, "scale": scale, "unit": "°C"}
    try:
        return read_struct(Register, {**start, **given, "name": "cjc_register"})
    except ConfigurationError as error:
        raise ConfigurationError(fault.under("cjc_register") for fault in error.faults) from None
