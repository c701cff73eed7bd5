"""A Modbus device whose values count how often it was read; it writes down each number it gives away.

    python -m faults.device --port 5020 --units 6 --values 5 --log numbers

All values of unit u are uint32 registers with the number of the reading; started again it counts on.
"""

import argparse
import asyncio
import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path

REQUEST = struct.Struct(">HHHBBHH")
HEADER = struct.Struct(">HHHBBB")
ENTRY = struct.Struct("<HIQ")
"""Unit, number, UTC ns."""


class Numbers:
    """The log of a device, read as far as it is written."""

    def __init__(self, path: Path) -> None:
        self.last: dict[int, int] = {}
        self.given: dict[tuple[int, int], int] = {}
        """When each number of each unit was given away, UTC ns."""
        self._path = path
        self._read = 0

    def look(self) -> None:
        """Take in what is new."""
        for unit, number, time_ns in self._entries():
            self.given[unit, number] = time_ns
            self.last[unit] = number

    def _entries(self) -> Iterator[tuple[int, int, int]]:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        whole = len(data) // ENTRY.size * ENTRY.size
        self._read += whole
        yield from ENTRY.iter_unpack(data[:whole])


class Counting(asyncio.Protocol):
    """Answers reads of holding registers with the next number of the unit in every value."""

    def __init__(self, last: dict[int, int], units: int, values: int, log: int) -> None:
        self._last = last
        self._units = units
        self._words = 2 * values
        self._log = log
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        whole = len(data) // REQUEST.size * REQUEST.size
        self._rest = data[whole:]
        for fields in REQUEST.iter_unpack(data[:whole]):
            self._transport.write(self._answer(*fields))

    def _answer(
        self, transaction: int, _: int, __: int, unit: int, function: int, address: int, count: int
    ) -> bytes:
        if function != 3 or not 1 <= unit <= self._units or address + count > self._words:
            return HEADER.pack(transaction, 0, 3, unit, function | 0x80, 2)
        number = self._last[unit] = self._last.get(unit, 0) + 1
        os.write(self._log, ENTRY.pack(unit, number, time.time_ns()))
        body = struct.pack(">I", number) * (self._words // 2)
        part = body[2 * address : 2 * (address + count)]
        return HEADER.pack(transaction, 0, 3 + len(part), unit, 3, len(part)) + part


async def serve(port: int, units: int, values: int, path: Path) -> None:
    """Serve until killed."""
    numbers = Numbers(path)
    numbers.look()
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Counting(numbers.last, units, values, log), "127.0.0.1", port, reuse_address=True
    )
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser("faults.device", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--units", type=int, required=True)
    parser.add_argument("--values", type=int, required=True)
    parser.add_argument("--log", type=Path, required=True)
    options = parser.parse_args()
    asyncio.run(serve(options.port, options.units, options.values, options.log))
