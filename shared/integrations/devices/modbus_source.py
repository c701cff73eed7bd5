"""The Modbus unit behind a device: opened when it is first polled, its line given back when it is closed."""

import asyncio
import time
from collections.abc import Callable

from integrations.protocols.modbus import (
    ModbusEndpoint,
    ModbusLine,
    ModbusLines,
    ModbusUnit,
    RegisterTable,
    UnitPoll,
)


class ModbusSource:
    """Polls one unit; users of one endpoint share its line (see ModbusLines)."""

    def __init__(
        self,
        endpoint: ModbusEndpoint,
        unit: int,
        table: RegisterTable,
        *,
        timeout_seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.endpoint = endpoint
        self.unit = unit
        self.table = table
        self._timeout_seconds = timeout_seconds
        self._clock = clock
        self._now_ns = now_ns
        self._opened: ModbusUnit | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def line(self) -> ModbusLine | None:
        """The line while it is held."""
        return self._opened.line if self._opened else None

    async def poll(self) -> UnitPoll:
        """Read the table.

        Raises:
            ModbusError: nothing could be read, for the reason it names.
            ConfigurationError: the serial port is in use with other settings.
        """
        loop = asyncio.get_running_loop()
        if self._opened is None or loop is not self._loop:  # a line is of use in its own event loop only
            self._loop, self._opened = loop, self._open()
        return await self._opened.poll()

    async def close(self) -> None:
        """Give the line back; the next poll opens it again."""
        opened, self._opened = self._opened, None
        if opened:
            await ModbusLines.current().release(opened.line)

    def _open(self) -> ModbusUnit:
        return ModbusUnit(
            ModbusLines.current().acquire(self.endpoint),
            self.unit,
            self.table,
            timeout_seconds=self._timeout_seconds,
            clock=self._clock,
            now_ns=self._now_ns,
        )
