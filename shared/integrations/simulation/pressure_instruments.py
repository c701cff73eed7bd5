"""The pressure transmitters of the plant, all of them in one Modbus unit."""

from functools import partial

from integrations.protocols.modbus import FLOAT32, Register, RegisterTable

from .chance import gauss, wander
from .instruments import Instruments
from .modbus.display import displaying
from .modbus.unit import ServedUnit

DEVICE = "pressure_unit"
POINTS_SHOWN = ("main_steam_header", "process_a", "process_b", "condensate_return")
LOSS_NOISE_BAR = 0.001
CELL_TEMPERATURE_C = 45.0

PRESSURE_TABLE = RegisterTable(
    (
        *(Register(point, 2 * at, FLOAT32, unit="barg") for at, point in enumerate(POINTS_SHOWN)),
        Register("main_steam_header_absolute", 8, FLOAT32, unit="bara"),
        Register("process_a_line_loss", 10, FLOAT32, unit="bar"),
        Register("cell_temperature", 12, FLOAT32, unit="°C"),
    )
)
"""Registers of the plant's own pressure unit: four of gauge, one absolute, one differential."""
UNITS = dict.fromkeys(POINTS_SHOWN, "barg") | {
    "main_steam_header_absolute": "barg",
    "process_a_line_loss": "bar",
    "cell_temperature": "°C",
}


class PressureInstruments:
    """Pressures of the plant's points, as the meters there show them: point and meter share a transmitter.

    So faults of `<point>.pressure` hold here too; those of the device `pressure_unit` hit all of them. The
    differential pressure between header and process A has a cell of its own.
    """

    def __init__(self, instruments: Instruments) -> None:
        self._instruments = instruments

    def read(self) -> dict[str, float]:
        """Return what the transmitters show, in `UNITS`."""
        pressures = {point: self._instruments.read(point)["pressure"] for point in POINTS_SHOWN}
        return pressures | {
            "main_steam_header_absolute": pressures["main_steam_header"],
            "process_a_line_loss": self._line_loss_bar(),
            "cell_temperature": self._cell_temperature_c(),
        }

    def unit(self, unit_id: int = 1, table: RegisterTable = PRESSURE_TABLE) -> ServedUnit:
        """Return the transmitters as a Modbus unit; a `table` of one's own names values of `UNITS`.

        Raises:
            KeyError: a register is named as nothing here.
            UnitError: a register's unit measures something else.
        """
        condition = partial(self._instruments.condition, DEVICE)
        barometer_bar = self._instruments.plant.barometer_bar
        return displaying(unit_id, table, UNITS, self.read, condition, barometer_bar)

    def _line_loss_bar(self) -> float:
        plant = self._instruments.plant
        before, behind = (plant.values(point).pressure for point in ("main_steam_header", "process_a"))
        return before - behind + LOSS_NOISE_BAR * gauss(f"{plant.seed}/process_a/loss", plant.tick)

    def _cell_temperature_c(self) -> float:
        plant = self._instruments.plant
        return CELL_TEMPERATURE_C + 2.0 * wander(f"{plant.seed}/{DEVICE}/cell", plant.time_seconds, 600.0)
