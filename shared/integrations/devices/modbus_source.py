"""The Modbus unit behind a device: opened when it is first polled, its line given back when it is closed."""

import re
import time
from collections.abc import Callable
from typing import Literal, Protocol

from integrations.protocols.modbus import (
    ModbusEndpoint,
    ModbusLine,
    ModbusLines,
    ModbusUnit,
    RegisterTable,
    Transport,
    UnitPoll,
)

LONGEST_TIMEOUT_SECONDS = 300.0
_DEVICE_PATH = re.compile(r"/|\\\\\.\\|COM\d+$", re.IGNORECASE)


class ModbusPlace(Protocol):
    """Configuration keys that say where a Modbus device is reached."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def baud_rate(self) -> int: ...
    @property
    def parity(self) -> Literal["N", "E", "O"]: ...
    @property
    def stop_bits(self) -> Literal[1, 2]: ...
    @property
    def timeout_seconds(self) -> float: ...
    @property
    def connection_pool_size(self) -> int: ...


def is_device_path(host: str) -> bool:
    """Whether `host` names a serial port: a path such as /dev/ttyUSB0, or COM3."""
    return _DEVICE_PATH.match(host) is not None


def endpoint_of(place: ModbusPlace, *, rtu: bool) -> ModbusEndpoint:
    """Return where and how a device is reached: Modbus TCP, or with `rtu` a serial line or RTU over TCP."""
    transport = Transport.TCP
    if rtu:
        transport = Transport.RTU if is_device_path(place.host) else Transport.RTU_OVER_TCP
    serial = transport is Transport.RTU
    return ModbusEndpoint(
        transport=transport,
        host="" if serial else place.host,
        port=place.port,
        device=place.host if serial else "",
        baud_rate=place.baud_rate,
        parity=place.parity,
        stop_bits=place.stop_bits,
        timeout_seconds=min(place.timeout_seconds, LONGEST_TIMEOUT_SECONDS),
        connection_pool_size=place.connection_pool_size,
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

    @property
    def line(self) -> ModbusLine | None:
        """The line while it is held."""
        return self._opened and self._opened.line

    async def poll(self) -> UnitPoll:
        """Read the table.

        Raises:
            ModbusError: nothing could be read, for the reason it names.
            ConfigurationError: the serial port is in use with other settings.
        """
        if self._opened is None:
            self._opened = self._open()
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
