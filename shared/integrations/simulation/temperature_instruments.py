"""The temperature sensors of the plant, all of them in one Modbus unit: linearised, ohms and millivolts."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf

from integrations.protocols.modbus import FLOAT32, INT16, Register, RegisterTable
from integrations.thermometry import PT100, PT1000, TYPE_K, TYPE_T, PlatinumSensor, Thermocouple

from .chance import wander
from .faults import FaultKind
from .instruments import Instruments
from .modbus.display import displaying
from .modbus.unit import ServedUnit

DEVICE = "temperature_unit"
LEADS_OHM = 0.4
"""What is left to measure when an RTD is shorted."""
TERMINALS_C = 25.0

TEMPERATURE_TABLE = RegisterTable(
    (
        Register("main_steam_header", 0, INT16, scale=0.1, unit="°C"),
        Register("condensate_return", 1, INT16, scale=0.1, unit="°C"),
        Register("cold_junction", 2, INT16, scale=0.1, unit="°C"),
        Register("process_a_pt100", 4, FLOAT32, unit="ohm"),
        Register("process_b_pt1000", 6, FLOAT32, unit="ohm"),
        Register("main_steam_header_type_k", 8, FLOAT32, unit="mV"),
        Register("condensate_return_type_t", 10, FLOAT32, unit="mV"),
    )
)
"""Registers of the plant's own temperature unit."""
UNITS = {register.name: register.unit for register in TEMPERATURE_TABLE.registers}


@dataclass(frozen=True)
class Sensor:
    """A sensor at a point; `signal` makes its signal of the temperatures of point and terminals, in °C."""

    point: str
    signal: Callable[[float, float], float]
    opened: float
    """What the unit shows when the wire is broken: as input modules do, beyond all that can be measured."""
    shorted: float


def _linearised(point: str) -> Sensor:
    return Sensor(point, lambda temperature_c, _: temperature_c, inf, -inf)


def _platinum(point: str, model: PlatinumSensor) -> Sensor:
    return Sensor(point, lambda temperature_c, _: float(model.resistance_ohm(temperature_c)), inf, LEADS_OHM)


def _thermocouple(point: str, model: Thermocouple) -> Sensor:
    # wires that touch at the terminals measure the terminals: no voltage
    return Sensor(point, lambda temperature_c, cold_c: float(model.emf_mv(temperature_c, cold_c)), inf, 0.0)


SENSORS = {
    "main_steam_header": _linearised("main_steam_header"),
    "condensate_return": _linearised("condensate_return"),
    "process_a_pt100": _platinum("process_a", PT100),
    "process_b_pt1000": _platinum("process_b", PT1000),
    "main_steam_header_type_k": _thermocouple("main_steam_header", TYPE_K),
    "condensate_return_type_t": _thermocouple("condensate_return", TYPE_T),
}


class TemperatureInstruments:
    """Temperatures of the plant's points as their sensors give them; point and meter share what they feel.

    So faults of `<point>.temperature` hold here too, and only here `open_circuit` and `short_circuit`; those
    of the device `temperature_unit` hit all sensors.
    """

    def __init__(self, instruments: Instruments) -> None:
        self._instruments = instruments

    def read(self) -> dict[str, float]:
        """Return what the unit shows, in `UNITS`; infinity where a wire is broken."""
        cold_c = self._terminals_c()
        felt = {point: self._felt(point) for point in {sensor.point for sensor in SENSORS.values()}}
        signals = {name: self._signal(sensor, felt[sensor.point], cold_c) for name, sensor in SENSORS.items()}
        return signals | {"cold_junction": cold_c}

    def unit(self, unit_id: int = 1, table: RegisterTable = TEMPERATURE_TABLE) -> ServedUnit:
        """Return the sensors as a Modbus unit; a `table` of one's own names signals of `UNITS`.

        Raises:
            KeyError: a register is named as nothing here.
            UnitError: a register's unit measures something else.
        """
        return displaying(unit_id, table, UNITS, self.read, partial(self._instruments.condition, DEVICE))

    def _felt(self, point: str) -> float:
        return self._instruments.read(point)["temperature"]

    def _signal(self, sensor: Sensor, temperature_c: float, cold_c: float) -> float:
        if self._is_broken(sensor.point, FaultKind.OPEN_CIRCUIT):
            return sensor.opened
        if self._is_broken(sensor.point, FaultKind.SHORT_CIRCUIT):
            return sensor.shorted
        return sensor.signal(temperature_c, cold_c)

    def _is_broken(self, point: str, kind: FaultKind) -> bool:
        seconds = self._instruments.plant.time_seconds
        return any(fault.active(seconds) for fault in self._instruments.faults(point, kind))

    def _terminals_c(self) -> float:
        """Return what the cabinet's air does to the terminals."""
        plant = self._instruments.plant
        return TERMINALS_C + 3.0 * wander(f"{plant.seed}/{DEVICE}/terminals", plant.time_seconds, 900.0)
