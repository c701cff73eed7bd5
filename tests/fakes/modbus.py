"""Modbus peers that speak by hand, so also badly: over TCP, RTU in TCP, and a serial line."""

import asyncio
import os
import struct
import tty
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Query:
    """A request as it came in; `count` is the value for function 6."""

    unit: int
    function: int
    address: int
    count: int
    transaction: int
    pdu: bytes
    connection: int


class Wire:
    """Where a peer writes, and how it hangs up."""

    def __init__(self, write, close, is_rtu: bool) -> None:
        self.write_raw = write
        self.close = close
        self._is_rtu = is_rtu

    def send(
        self, query: Query, pdu: bytes, *, unit: int | None = None, transaction: int | None = None
    ) -> None:
        self.write_raw(self.frame(query, pdu, unit=unit, transaction=transaction))

    def frame(
        self, query: Query, pdu: bytes, *, unit: int | None = None, transaction: int | None = None
    ) -> bytes:
        unit = query.unit if unit is None else unit
        if self._is_rtu:
            body = bytes([unit]) + pdu
            return body + crc16(body)
        transaction = query.transaction if transaction is None else transaction
        return struct.pack(">HHHB", transaction, 0, len(pdu) + 1, unit) + pdu


Manners = Callable[[Query, Wire], Awaitable[None]]


def registers(query: Query, count: int | None = None) -> bytes:
    """Registers that carry their own address."""
    count = query.count if count is None else count
    words = range(query.address, query.address + count)
    return struct.pack(f">BB{count}H", query.function, 2 * count, *words)


def exception(query: Query, code: int) -> bytes:
    return bytes([query.function | 0x80, code])


async def honest(query: Query, wire: Wire) -> None:
    """Answer a read with registers, a write with its echo."""
    if query.function in {6, 16}:
        wire.send(query, query.pdu[:5])
    elif query.function in {1, 2}:
        size = (query.count + 7) // 8
        wire.send(query, bytes([query.function, size]) + b"\x55" * size)
    else:
        wire.send(query, registers(query))


async def silent(query: Query, wire: Wire) -> None:
    """Say nothing."""


def refusing(holes: set[int], code: int = 2, max_count: int = 125) -> Manners:
    """Be honest but for some addresses and for requests that are too long."""

    async def manners(query: Query, wire: Wire) -> None:
        if holes & set(range(query.address, query.address + query.count)) or query.count > max_count:
            wire.send(query, exception(query, code))
        else:
            await honest(query, wire)

    return manners


def per_unit(**manners: Manners) -> Manners:
    """Give each unit its manners: `per_unit(u7=silent, others=honest)`."""

    async def chosen(query: Query, wire: Wire) -> None:
        await manners.get(f"u{query.unit}", manners["others"])(query, wire)

    return chosen


class _Peer:
    def __init__(self, manners: Manners, is_rtu: bool) -> None:
        self.manners = manners
        self.queries: list[Query] = []
        self.arrived = asyncio.Condition()
        self._is_rtu = is_rtu
        self._tasks: set[asyncio.Task[None]] = set()

    async def _stop_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _take(self, buffer: bytes, wire: Wire, connection: int) -> bytes:
        """Answer every whole request in `buffer` and return what is left of it."""
        while len(buffer) >= 8:
            head, size = (0, 1) if self._is_rtu else (struct.unpack(">H", buffer[:2])[0], 7)
            end = size + self._pdu_size(buffer, size)
            if len(buffer) < end + (2 if self._is_rtu else 0):
                break
            pdu = buffer[size:end]
            function, address, count = struct.unpack(">BHH", pdu[:5])
            query = Query(buffer[size - 1], function, address, count, head, pdu, connection)
            if self._is_rtu:
                assert crc16(buffer[:end]) == buffer[end : end + 2]
                end += 2
            buffer = buffer[end:]
            self.queries.append(query)
            task = asyncio.get_running_loop().create_task(self._answer(query, wire))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return buffer

    @staticmethod
    def _pdu_size(buffer: bytes, start: int) -> int:
        return 6 + buffer[start + 5] if buffer[start] == 16 else 5

    async def _answer(self, query: Query, wire: Wire) -> None:
        async with self.arrived:
            self.arrived.notify_all()
        await self.manners(query, wire)

    async def heard(self, count: int) -> None:
        """Wait until `count` requests have come."""
        async with self.arrived:
            await self.arrived.wait_for(lambda: len(self.queries) >= count)


class TcpPeer(_Peer):
    """A Modbus TCP server or gateway on a free port of 127.0.0.1."""

    def __init__(
        self, manners: Manners = honest, *, is_rtu: bool = False, max_connections: int = 1000
    ) -> None:
        super().__init__(manners, is_rtu)
        self.port = 0
        self.connections = 0
        self._max_connections = max_connections
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stop_tasks()
        self._server.close()
        self.hang_up()
        await self._server.wait_closed()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def hang_up(self) -> None:
        """Close every connection."""
        for writer in self._writers:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.current_task())
        self.connections += 1
        connection = self.connections
        if len(self._writers) >= self._max_connections:
            writer.close()
            return
        self._writers.add(writer)
        buffer = b""
        wire = Wire(writer.write, writer.close, self._is_rtu)
        with suppress(ConnectionError):
            while data := await reader.read(4096):
                buffer = self._take(buffer + data, wire, connection)
        writer.close()
        self._writers.discard(writer)


class SerialPeer(_Peer):
    """A serial line with units on it: one end of a pseudo terminal, whose other end is `device`."""

    def __init__(self, manners: Manners = honest) -> None:
        super().__init__(manners, is_rtu=True)

    async def __aenter__(self) -> Self:
        self._master, self._slave = os.openpty()
        tty.setraw(self._master)
        tty.setraw(self._slave)
        self.device = os.ttyname(self._slave)
        self._buffer = b""
        self._wire = Wire(lambda data: os.write(self._master, data), lambda: None, is_rtu=True)
        asyncio.get_running_loop().add_reader(self._master, self._read)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stop_tasks()
        self.unplug()

    def unplug(self) -> None:
        """Take the line away from under its master."""
        if self._master < 0:
            return
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)
        os.close(self._slave)
        self._master = -1

    def _read(self) -> None:
        self._buffer = self._take(self._buffer + os.read(self._master, 4096), self._wire, 1)


def crc16(data: bytes) -> bytes:
    """CRC of a frame as on the wire, low byte first (MODBUS over Serial Line V1.02, §6.2.2)."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")
