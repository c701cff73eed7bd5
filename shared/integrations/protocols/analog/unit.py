"""An analog module as a Modbus unit: its inputs, read in one poll."""

from dataclasses import dataclass
from typing import Protocol

from integrations.protocols.modbus import UnitPoll

from .conditioner import Codes, Conditioner, Floats


class PolledUnit(Protocol):
    """A ModbusUnit, or whoever holds one."""

    async def poll(self) -> UnitPoll:
        """Read the registers of the conditioner's table."""


@dataclass(frozen=True, slots=True, eq=False)
class AnalogPoll:
    """What one poll of a module brought; arrays are in the order of the inputs, `time_ns` is UTC."""

    time_ns: int
    values: Floats
    status: Codes
    currents_ma: Floats


class AnalogUnit:
    """Polls the inputs of one module; `unit` reads the table of `conditioner`."""

    def __init__(self, unit: PolledUnit, conditioner: Conditioner) -> None:
        self._unit = unit
        self._condition = conditioner

    async def poll(self) -> AnalogPoll:
        """Read every input.

        Raises:
            ModbusError: nothing could be read, for the reason it names.
        """
        poll = await self._unit.poll()
        values, status, currents = self._condition(poll.values, poll.status, poll.time_ns)
        return AnalogPoll(poll.time_ns, values, status, currents)
