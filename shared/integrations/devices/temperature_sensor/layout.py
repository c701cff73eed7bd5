"""The registers of a unit's sensors as one table, and what they say of each sensor."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from integrations.devices.shared_table import shared_table
from integrations.messages import Status
from integrations.protocols.modbus import Register
from integrations.thermometry import COLDEST_JUNCTION_C, HOTTEST_JUNCTION_C
from integrations.units import affine

from .config import TemperatureSensorConfig
from .sensors import Signal

Floats = NDArray[np.float64]
Codes = NDArray[np.uint32]
Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """What the registers of n sensors hold: arrays (n,)."""

    values: Floats
    """In the unit of each sensor's signal: °C, ohm or mV."""
    status: Codes
    cold_c: Floats
    """Cold junctions in °C, NaN where there is none."""
    cold_status: Codes


class UnitLayout:
    """Where the signals and cold junctions of a unit's sensors stand; a shared cold junction is read once.

    Raises:
        ConfigurationError: registers of two sensors overlap and are not the same.
    """

    def __init__(self, configs: Sequence[TemperatureSensorConfig]) -> None:
        registers = [config.register for config in configs]
        colds = [config.cold_junction for config in configs]
        different = list(dict.fromkeys(cold for cold in colds if cold))
        named = [replace(cold, name=f"cold_junction_{at}") for at, cold in enumerate(different, 1)]
        first = configs[0]
        self.table, columns = shared_table(
            [*registers, *named], first.max_registers_per_request, first.max_register_gap
        )
        self._columns = columns[: len(configs)]
        self._scale, self._offset = _scaling(registers, [config.signal.unit for config in configs])
        self._with_cold = np.array([at for at, cold in enumerate(colds) if cold], np.intp)
        self._cold_columns = np.array(
            [columns[len(configs) + different.index(cold)] for cold in colds if cold], np.intp
        )
        present = [cold for cold in colds if cold]
        self._cold_scale, self._cold_offset = _scaling(present, [Signal.TEMPERATURE.unit] * len(present))
        self._fixed_c = np.array(
            [np.nan if config.cjc_temperature is None else config.cjc_temperature for config in configs]
        )

    def signals(self, values: Floats, status: Codes) -> Signals:
        """Return the sensors' signals from a poll's values and StatusCodes, by register."""
        cold_c, cold_status = self._fixed_c.copy(), np.zeros(self._fixed_c.size, np.uint32)
        if self._with_cold.size:
            cold = values[self._cold_columns] * self._cold_scale + self._cold_offset
            said = status[self._cold_columns]
            broken = ((cold < COLDEST_JUNCTION_C) | (cold > HOTTEST_JUNCTION_C)) & (said == Status.GOOD)
            cold_c[self._with_cold] = cold
            cold_status[self._with_cold] = np.where(broken, np.uint32(Status.BAD_SENSOR_FAILURE), said)
        return Signals(
            values[self._columns] * self._scale + self._offset, status[self._columns], cold_c, cold_status
        )


def _scaling(registers: Sequence[Register], units: Sequence[str]) -> tuple[Floats, Floats]:
    """Return scale and offset from each register's unit to the unit it is worked with in."""
    pairs = [affine(register.unit, unit) for register, unit in zip(registers, units, strict=True)]
    return np.array([pair.scale for pair in pairs]), np.array([pair.offset for pair in pairs])
