"""An analog module on a Modbus line: its inputs, read in one poll."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from integrations.protocols.modbus import ModbusLine, ModbusUnit

from .conditioner import Codes, Conditioner, Floats
from .inputs import AnalogInput
from .module import AnalogModule


@dataclass(frozen=True, slots=True, eq=False)
class AnalogPoll:
    """What one poll of a module brought; arrays are in the order of the inputs, `time_ns` is UTC."""

    time_ns: int
    values: Floats
    status: Codes
    currents_ma: Floats


class AnalogUnit:
    """Polls the inputs of one module; errors are those of ModbusUnit."""

    def __init__(
        self,
        line: ModbusLine,
        unit: int,
        module: AnalogModule,
        inputs: Sequence[AnalogInput],
        *,
        timeout_seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.line = line
        self._condition = Conditioner(module, inputs)
        self._unit = ModbusUnit(
            line, unit, self._condition.table, timeout_seconds=timeout_seconds, clock=clock, now_ns=now_ns
        )

    async def poll(self) -> AnalogPoll:
        """Read every input.

        Raises:
            ModbusError: nothing could be read, for the reason it names.
        """
        poll = await self._unit.poll()
        values, status, currents = self._condition(poll.values, poll.status, poll.time_ns)
        return AnalogPoll(poll.time_ns, values, status, currents)
