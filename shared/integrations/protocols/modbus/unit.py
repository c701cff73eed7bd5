"""A unit on a line: its whole register table, read in one poll."""

import asyncio
import time
from collections.abc import Callable

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from integrations.messages.status import Status
from integrations.protocols.finite import all_finite

from .decode import Decoder
from .errors import ModbusError
from .groups import Floats
from .holes import ReadPlan
from .line import ModbusLine
from .registers import RegisterType
from .sweep import Sweep
from .table import RegisterTable


class UnitPoll(Struct, frozen=True, eq=False):
    """What one poll of a unit brought; arrays are in the order of its table.

    `time_ns` (UTC) is the middle of the poll, from its first request to its last answer: no value was sampled
    further away from it than half of `duration_seconds`. `values` are NaN where `status` (OPC UA) is bad.
    """

    unit: int
    time_ns: int
    duration_seconds: float
    values: Floats
    status: NDArray[np.uint32]
    texts: dict[str, str]
    errors: tuple[ModbusError, ...]


class ModbusUnit:
    """Polls one unit; a second poll waits for the first.

    A block that the unit refuses (exceptions 1 to 3, an answer of the wrong length) is split until the value
    behind it is found; that one is left out, asked again after ten minutes and then ever more rarely, while
    the rest keeps coming.
    """

    def __init__(
        self,
        line: ModbusLine,
        unit: int,
        table: RegisterTable,
        *,
        timeout_seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.line = line
        self.unit = unit
        self.table = table
        self._timeout_seconds = timeout_seconds
        self._now_ns = now_ns
        self._decoder = Decoder(table)
        self._plan = ReadPlan(table, clock)
        self._numeric = np.array([register.type is not RegisterType.STRING for register in table.registers])
        self._turn = asyncio.Lock()

    async def poll(self) -> UnitPoll:
        """Read every value that the unit gives.

        Raises:
            ModbusError: nothing could be read, for the reason it names. The first timeout ends a poll, so a
                silent unit costs one timeout however many requests it needs; on a shared line its next polls
                are UnitSilentError at once.
        """
        await self._turn.acquire()  # `async with` makes two coroutines more of it
        try:
            if is_tried := self.line.silence.check(self.unit):
                await self.line.silence.begin_trial(self.unit)
            try:
                began_ns = self._now_ns()
                sweep = Sweep(self.line, self.unit, self._plan, self._decoder.layout, self._timeout_seconds)
                await sweep.run()
                ended_ns = self._now_ns()
            finally:
                if is_tried:
                    self.line.silence.end_trial()
        finally:
            self._turn.release()
        if not sweep.has_read:
            raise sweep.errors[0]
        values, status = self._judge(self._decoder(sweep.image), sweep)
        return UnitPoll(
            unit=self.unit,
            time_ns=(began_ns + ended_ns) // 2,
            duration_seconds=(ended_ns - began_ns) / 1e9,
            values=values,
            status=status,
            texts=self._decoder.texts(sweep.image),
            errors=sweep.errors,
        )

    def _judge(self, values: Floats, sweep: Sweep) -> tuple[Floats, NDArray[np.uint32]]:
        """Give each value its status; what is bad has no value."""
        status = np.zeros(len(values), np.uint32)
        if all_finite(values) and not sweep.missed and not self._plan.refused_columns:
            return values, status
        status[self._numeric & np.isnan(values)] = Status.BAD_SENSOR_FAILURE
        status[np.isinf(values)] = Status.BAD_OUT_OF_RANGE
        for request, error in sweep.missed:
            status[self._plan.columns(request)] = error.status
        status[self._plan.refused_columns] = Status.BAD_CONFIGURATION_ERROR
        values[status != Status.GOOD] = np.nan
        return values, status
