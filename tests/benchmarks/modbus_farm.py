"""Many Modbus TCP units on loopback, fast enough never to be the bottleneck of a benchmark.

As a program it serves until SIGTERM or SIGINT and prints one line of JSON first:
`{"ports": [...], "units": [[unit, port], ...], "dead": [...], "registers": 100, "type": "float32"}`.
Value `index` of unit `unit` is always `value_of(unit, index, type)`, at holding address `index` (uint16) or
`2 * index` (float32, high word first). A dead unit takes requests and never answers.
"""

import argparse
import asyncio
import json
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

WORDS = {"uint16": 1, "float32": 2}
FORMATS = {"uint16": "H", "float32": "f"}
REQUEST = struct.Struct(">HHHBBHH")
HEADER = struct.Struct(">HHHBBB")


@dataclass(frozen=True)
class Farm:
    """Where the units of a running farm are."""

    ports: list[int]
    units: list[list[int]]
    dead: list[int]
    registers: int
    type: str


def value_of(unit: int, index: int, register_type: str = "float32") -> float:
    """Value that a register holds for ever; exact in its type."""
    return (unit * 257 + index * 31) & 0xFFFF if register_type == "uint16" else unit * 8 + index / 128


def image_of(unit: int, registers: int, register_type: str) -> bytes:
    """Registers of a unit as they go over the wire."""
    values = [value_of(unit, index, register_type) for index in range(registers)]
    return struct.pack(f">{registers}{FORMATS[register_type]}", *values)


class Responder(asyncio.Protocol):
    """Answers reads of holding registers (function 3) with slices of an image, the rest with an exception."""

    def __init__(self, images: dict[int, bytes], dead: frozenset[int]) -> None:
        self.images = images
        self.dead = dead
        self.rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        data = self.rest + data
        whole = len(data) // REQUEST.size * REQUEST.size
        self.rest = data[whole:]
        answers = [self.answer(*fields) for fields in REQUEST.iter_unpack(data[:whole])]
        if any(answers):
            self.transport.write(b"".join(answers))

    def answer(
        self, transaction: int, _: int, __: int, unit: int, function: int, address: int, count: int
    ) -> bytes:
        if unit in self.dead:
            return b""
        data = self.images.get(unit, b"")[2 * address : 2 * (address + count)]
        if function != 3 or not 1 <= count <= 125 or len(data) != 2 * count:
            return HEADER.pack(transaction, 0, 3, unit, function | 0x80, 2 if function == 3 else 1)
        return HEADER.pack(transaction, 0, 3 + len(data), unit, 3, len(data)) + data


async def serve(options: argparse.Namespace) -> None:
    """Listen, say where, and go on until told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    numbers = range(1, options.units + 1)
    images = {unit: image_of(unit, options.registers, options.type) for unit in numbers}
    dead = frozenset(options.dead)
    servers = []
    for shelf in range(options.ports):
        behind = {unit: images[unit] for unit in numbers if (unit - 1) % options.ports == shelf}
        loop = asyncio.get_running_loop()
        servers.append(
            await loop.create_server(lambda behind=behind: Responder(behind, dead), "127.0.0.1", 0)
        )
    ports = [server.sockets[0].getsockname()[1] for server in servers]
    units = [[unit, ports[(unit - 1) % options.ports]] for unit in numbers]
    print(  # noqa: T201  # the farm's one line of output
        json.dumps(vars(Farm(ports, units, sorted(dead), options.registers, options.type))), flush=True
    )
    await stop.wait()


@contextmanager
def running_farm(
    units: int = 100,
    registers: int = 100,
    ports: int = 1,
    dead: tuple[int, ...] = (),
    register_type: str = "float32",
    prefix: tuple[str, ...] = (),
) -> Iterator[Farm]:
    """Run a farm in its own process; `prefix` goes before the command, such as ("taskset", "-c", "1")."""
    numbers = {"--units": units, "--registers": registers, "--ports": ports, "--type": register_type}
    arguments = [str(part) for pair in numbers.items() for part in pair]
    arguments += [part for unit in dead for part in ("--dead", str(unit))]
    command = [*prefix, sys.executable, __file__, *arguments]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        try:
            line = process.stdout.readline() if process.stdout else b""
            if not line:
                raise RuntimeError(f"the farm ended with {process.wait()} before it listened")
            yield Farm(**json.loads(line))
        finally:
            process.terminate()


def options_from(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--units", type=int, default=100, help="1..247, numbered from 1")
    parser.add_argument("--registers", type=int, default=100, help="values of each unit")
    parser.add_argument("--ports", type=int, default=1, help="ports the units are dealt out to")
    parser.add_argument("--type", choices=list(WORDS), default="float32")
    parser.add_argument("--dead", type=int, action="append", default=[], metavar="UNIT", help="repeatable")
    options = parser.parse_args(arguments)
    if not 1 <= options.units <= 247 or not 1 <= options.ports <= options.units:
        parser.error("--units must be 1..247 and --ports 1..units")
    if not 1 <= options.registers <= 0xFFFF // WORDS[options.type]:
        parser.error(f"--registers must be 1..{0xFFFF // WORDS[options.type]} for {options.type}")
    return options


def run() -> None:
    """Serve on uvloop where there is one."""
    try:
        from uvloop import run as run_loop  # Windows has none
    except ImportError:
        run_loop = asyncio.run
    run_loop(serve(options_from()))


if __name__ == "__main__":
    run()
