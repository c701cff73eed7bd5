"""Register maps known here, held against what a device shows: which of them may be the device's own."""

import math
from collections.abc import Iterator, Mapping

import numpy as np
from msgspec import Struct, structs

from integrations.devices.condensate_meter.registers import DEFAULT as CONDENSATE
from integrations.devices.pressure_sensor.registers import PRESETS as PRESSURE_PRESETS
from integrations.devices.steam_meter.registers import DEFAULT as STEAM_METER
from integrations.devices.steam_meter.registers import PRESETS as METER_PRESETS
from integrations.devices.temperature_sensor.registers import PRESETS as TEMPERATURE_PRESETS
from integrations.protocols.modbus import ByteOrder, Function, Register, RegisterTable, Span, decode
from integrations.steam import SteamError, absolute_pressure_bar, saturation_temperature_c
from integrations.units import UnitError, affine

Memory = Mapping[Function, Mapping[int, int]]
"""Words by function and address, as far as the device gave them."""

BELIEVABLE = {
    "temperature": (-20.0, 600.0),
    "temperature_2": (-20.0, 600.0),
    "temperature_3": (-20.0, 600.0),
    "pressure": (-1.0, 250.0),
    "density": (0.05, 1100.0),
    "velocity": (0.0, 150.0),
    "ph": (0.0, 14.0),
    "return_percentage": (0.0, 110.0),
    "viscosity": (0.001, 100.0),
    "alarm": (0.0, 1023.0),
    "status": (0.0, 1023.0),
}
"""What a quantity may be, in the map's own unit; others are 0 to 10⁷, totals up to 2³²."""
TOTALS = {"totalizer", "energy", "volume"}
ENOUGH = 0.75
SATURATION_K = 3.0


class KnownMap(Struct, frozen=True):
    """The registers of one make of device, or of a device class that nothing else is said about."""

    name: str
    device_class: str
    preset: str
    registers: tuple[Register, ...]


class Match(Struct, frozen=True):
    """A known map as a device would fill it: values by name, NaN where it has none."""

    map: KnownMap
    order: ByteOrder | None
    """Other than the map says, for all its wide registers."""
    values: dict[str, float]
    score: float
    is_saturated: bool
    """Temperature and pressure are those of saturated steam: hardly by chance."""

    @property
    def is_sure(self) -> bool:
        """Whether it can be told from chance."""
        return self.is_saturated or self.score == 1.0

    @property
    def title(self) -> str:
        """The map, and the order where it is another."""
        return f"{self.map.name}{f', byte_order {self.order.value}' if self.order else ''}"


def known_maps() -> tuple[KnownMap, ...]:
    """Return every map that is kept here."""
    meters = [KnownMap(name, "steam_meter", name, preset.registers) for name, preset in METER_PRESETS.items()]
    pressures = [
        KnownMap(name, "pressure_sensor", name, tuple(filter(None, (preset.pressure, preset.temperature))))
        for name, preset in PRESSURE_PRESETS.items()
    ]
    temperatures = [
        KnownMap(name, "temperature_sensor", name, tuple(preset.registers.values())[:1])
        for name, preset in TEMPERATURE_PRESETS.items()
    ]
    defaults = [
        KnownMap("the default map of a steam meter", "steam_meter", "", STEAM_METER.registers),
        KnownMap("the default map of a condensate meter", "condensate_meter", "", CONDENSATE),
    ]
    return (*meters, *pressures, *temperatures, *defaults)


def matches(memory: Memory) -> list[Match]:
    """Return the maps that fit what a device shows, the best first."""
    fitting = []
    for known in known_maps():
        orders = [match for match in _matches(known, memory) if match.score >= ENOUGH]
        fitting += sorted(orders, key=lambda one: (-one.score, one.order is not None))[:1]
    return sorted(fitting, key=lambda one: (-one.is_saturated, -len(one.map.registers) * one.score))


def wanted_spans() -> list[Span]:
    """Return where the known maps have their registers."""
    return [
        Span(register.function, register.address, register.width)
        for known in known_maps()
        for register in known.registers
    ]


def _matches(known: KnownMap, memory: Memory) -> Iterator[Match]:
    is_wide = any(register.width > 1 for register in known.registers)
    given = {register.order for register in known.registers if register.width > 1}
    for order in (None, *(o for o in ByteOrder if {o} != given)) if is_wide else (None,):
        registers = [
            structs.replace(register, order=order) if order and register.width > 1 else register
            for register in known.registers
        ]
        values = {register.name: _value(register, memory) for register in registers}
        good = [_credit(name, value) for name, value in values.items()]
        if sum(value != 0 and not math.isnan(value) for value in values.values()) >= min(3, len(values)):
            yield Match(known, order, values, sum(good) / len(good), _is_saturated(known, values))


def _value(register: Register, memory: Memory) -> float:
    words = [memory.get(register.function, {}).get(at) for at in range(register.address, register.end)]
    there = [word for word in words if word is not None]
    if len(there) < register.width:
        return math.nan
    return float(decode(RegisterTable((register,)), np.array(there, np.uint16))[0])


def _credit(name: str, value: float) -> float:
    if not math.isfinite(value):
        return 0.0
    low, high = BELIEVABLE.get(name, (0.0, 2.0**32 if name in TOTALS else 1e7))
    if not low <= value <= high or 0 < abs(value) < 1e-6:
        return 0.0
    return 0.5 if value == 0 and name not in {"alarm", "status"} else 1.0


def _is_saturated(known: KnownMap, values: Mapping[str, float]) -> bool:
    units = {register.name: register.unit for register in known.registers}
    pressure, temperature = values.get("pressure", math.nan), values.get("temperature", math.nan)
    if not (pressure > 0 and temperature > 100):
        return False
    try:
        scale, offset = affine(units["pressure"], "bara" if units["pressure"] == "bara" else "barg")
        bar = pressure * scale + offset
        absolute = bar if units["pressure"] == "bara" else float(absolute_pressure_bar(bar))
        return abs(float(saturation_temperature_c(absolute)) - temperature) <= SATURATION_K
    except (SteamError, UnitError):
        return False
