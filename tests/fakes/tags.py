"""Tags in the registers of a real Modbus peer, and a bench to test the SCADA connector on."""

import asyncio
import struct

from fakes.modbus import SerialPeer, TcpPeer, exception
from fakes.time import FakeTime
from integrations import SCADAConnectionConfig, SCADAConnector


class TagRegisters:
    """Registers that keep what is written; `refused`, `silent`, `stuck`, `read_only` are addresses."""

    def __init__(self):
        self.words = [0] * 64
        self.refused = set()
        self.silent = set()
        self.stuck = set()
        self.read_only = set()
        self.set_float(0, 9.5)

    def set_float(self, address, value):
        self.words[address : address + 2] = struct.unpack(">HH", struct.pack(">f", value))

    def float_at(self, address):
        return struct.unpack(">f", struct.pack(">HH", *self.words[address : address + 2]))[0]

    async def __call__(self, query, wire):
        count = 1 if query.function == 6 else query.count
        touched = set(range(query.address, query.address + count))
        if touched & self.silent:
            return
        if touched & self.refused:
            wire.send(query, exception(query, 2))
        elif query.function in {6, 16}:
            self._write(query, wire, touched)
        elif query.function in {1, 2}:
            bits = [bool(self.words[address]) for address in sorted(touched)]
            packed = sum(bit << at for at, bit in enumerate(bits)).to_bytes((count + 7) // 8, "little")
            wire.send(query, bytes([query.function, len(packed)]) + packed)
        else:
            words = self.words[query.address : query.address + count]
            wire.send(query, struct.pack(f">BB{count}H", query.function, 2 * count, *words))

    def _write(self, query, wire, touched):
        if touched & self.read_only:
            wire.send(query, exception(query, 4))
            return
        if not touched & self.stuck:
            data = query.pdu[6:] if query.function == 16 else query.pdu[3:5]
            self.words[query.address : query.address + len(data) // 2] = struct.unpack(
                f">{len(data) // 2}H", data
            )
        wire.send(query, query.pdu[:5])


class TagBench:
    """Registers, their peer and a connector; the clocks are the test's, the sockets are real."""

    def __init__(self, *tags, line="tcp", **fields):
        """Take tags and fields of the configuration; `line` is tcp, rtu over tcp, or serial."""
        self.registers = TagRegisters()
        self.time = FakeTime()
        self.events = []
        self.samples = []
        self._tags = tags
        self._fields = {"protocol": "modbus_tcp" if line == "tcp" else "modbus_rtu", **fields}
        self._line = line

    async def __aenter__(self):
        is_serial = self._line == "serial"
        peer = (
            SerialPeer(self.registers) if is_serial else TcpPeer(self.registers, is_rtu=self._line != "tcp")
        )
        self.peer = await peer.__aenter__()
        place = {"host": peer.device, "port": 1} if is_serial else {"host": "127.0.0.1", "port": peer.port}
        config = SCADAConnectionConfig(**{
            **place, "scada_id": "s", "tags": self._tags,
            "timeout_seconds": 0.2, "max_retries": 0, "simulation": "never", **self._fields,
        })  # fmt: skip
        self.scada = SCADAConnector(config, **self.time.options)
        self.scada.on_event(self.events.append)
        self.sampled = asyncio.Event()

        async def keep(sample):
            self.samples.append(sample)
            self.sampled.set()

        self.scada.on_sample(keep)
        return self

    async def __aexit__(self, *exc):
        await self.scada.disconnect()
        await self.peer.__aexit__()

    async def grid(self, seconds=1.0):
        """Let the next grid poll happen, and return what it brought."""
        self.sampled.clear()
        await self.time.go_on(seconds)
        async with asyncio.timeout(5):
            await self.sampled.wait()
        return self.samples[-1]

    def kinds(self):
        return [event.kind for event in self.events]
