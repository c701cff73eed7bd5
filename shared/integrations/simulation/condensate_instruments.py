"""The condensate meter of the plant: what its instruments show of the water that comes back."""

from functools import partial
from math import exp, inf

from integrations.protocols.modbus import FLOAT32, Register, RegisterTable

from .chance import gauss, wander
from .faults import FaultKind, PlantFault
from .instruments import Instruments
from .modbus.display import displaying
from .modbus.unit import ServedUnit

POINT, STEAM, UPSTREAM = "condensate_return", "main_steam_header", "process_a"
PH, CONDUCTIVITY = 8.6, 8.0
"""Of condensate with amine in it."""
MIXING_SECONDS = 15.0
"""In the condensate tank, when a leak begins and when it is stopped."""
ACID_PH_PER_US_CM = 0.015

CONDENSATE_TABLE = RegisterTable(
    (
        Register("flow_rate", 0, FLOAT32, unit="t/hr"),
        Register("temperature", 2, FLOAT32, unit="°C"),
        Register("return_percentage", 4, FLOAT32, unit="%"),
        Register("pressure", 6, FLOAT32, unit="barg"),
        Register("ph", 8, FLOAT32, unit="pH"),
        Register("conductivity", 10, FLOAT32, unit="µS/cm"),
    )
)
"""Registers of the plant's own meter."""
UNITS = {register.name: register.unit for register in CONDENSATE_TABLE.registers} | {
    "steam_flow": "t/hr",
    "totalizer": "t",
}


class CondensateInstruments:
    """The condensate meter's values; its flow is the plant's, so it balances with the steam that went out.

    Faults of the point `condensate_return` hold here too. A contamination mixes in like salt in a stirred
    tank: conductivity rises, pH falls, and both come back when the leak ends.
    """

    def __init__(self, instruments: Instruments) -> None:
        self._instruments = instruments

    def read(self) -> dict[str, float]:
        """Return what the meter shows, by quantity, in the units of `UNITS`."""
        water, steam_flow = self._instruments.read(POINT), self._instruments.read(STEAM)["flow_rate"]
        leaked = self._leaked_us_cm()
        return {
            "flow_rate": water["flow_rate"],
            "totalizer": water["totalizer"],
            "temperature": water["temperature"],
            "steam_flow": steam_flow,
            "return_percentage": 100.0 * water["flow_rate"] / steam_flow if steam_flow > 0.0 else 0.0,
            "pressure": self._instruments.read(UPSTREAM)["pressure"],
            "ph": self._near(PH - min(ACID_PH_PER_US_CM * leaked, 4.0), "ph", 0.05),
            "conductivity": self._near(CONDUCTIVITY + leaked, "conductivity", 0.5),
        }

    def unit(self, unit_id: int = 1, table: RegisterTable = CONDENSATE_TABLE) -> ServedUnit:
        """Return the meter as a Modbus unit; a `table` of one's own names quantities of `UNITS`.

        Raises:
            KeyError: a register is named as no quantity here.
            UnitError: a register's unit measures something else than its quantity.
        """
        condition = partial(self._instruments.condition, POINT)
        return displaying(unit_id, table, UNITS, self.read, condition)

    def _near(self, value: float, quantity: str, wandering: float) -> float:
        """Return a true value as the analyser shows it: wandering slowly, noisy at every tick."""
        plant = self._instruments.plant
        key = f"{plant.seed}/{POINT}/{quantity}"
        slow = wander(key, plant.time_seconds, 300.0)
        return value + wandering * (slow + 0.1 * gauss(key, plant.tick))

    def _leaked_us_cm(self) -> float:
        leaks = self._instruments.faults(POINT, FaultKind.CONTAMINATION)
        return sum(_mixed(leak, self._instruments.plant.time_seconds) for leak in leaks)


def _mixed(leak: PlantFault, seconds: float) -> float:
    """Return what a leak has added by now: first-order rise while it lasts, first-order fall afterwards."""
    lasting = leak.rule.duration_seconds if leak.duration_seconds is None else leak.duration_seconds
    since = seconds - leak.start_seconds
    risen = 1.0 - exp(-min(since, inf if lasting is None else lasting) / MIXING_SECONDS)
    since_end = 0.0 if lasting is None else max(0.0, since - lasting)
    return leak.size * risen * exp(-since_end / MIXING_SECONDS)
