"""A unit on a simulated Modbus line: who it is, what it shows and in what condition it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from integrations.protocols.modbus import RegisterTable


@dataclass(frozen=True)
class UnitCondition:
    """How a unit treats requests; the default is a healthy device."""

    silent: bool = False
    """It hears, and never answers."""
    restarting: bool = False
    """It is off: alone on its server it drops connections, behind a gateway it is silent."""
    delay_seconds: float = 0.0
    """It answers this late."""
    exception_code: int = 0
    """It answers everything with this exception; 0 is none."""


HEALTHY = UnitCondition()


@dataclass(frozen=True)
class ServedUnit:
    """A unit address, its registers, and where their simulated values and its condition come from.

    `values` returns a number for each register name of `table` in the register's unit, a str for a string;
    further names are ignored.
    """

    unit_id: int
    table: RegisterTable
    values: Callable[[], Mapping[str, float | str]]
    condition: Callable[[], UnitCondition] = lambda: HEALTHY

    def __post_init__(self) -> None:
        if not 0 <= self.unit_id <= 255:
            raise ValueError(f"unit_id must be 0..255, got {self.unit_id}")
