"""A condensate meter on a real Modbus peer, and a bench to test its connector on."""

import asyncio
import struct

from fakes.modbus import TcpPeer, exception
from fakes.time import FakeTime
from integrations import CondensateMeterConfig, CondensateMeterConnector


class CondensateRegisters:
    """Floats in a row, as the default map has them; also its manners: silent, or with an exception code."""

    def __init__(self, **values):
        self.values = {
            "flow_rate": 20.0, "temperature": 92.0, "return_percentage": 80.0, "pressure": 7.0, "ph": 8.5,
            "conductivity": 10.0, "steam_flow": 25.0, **values,
        }  # fmt: skip
        self.silent = False
        self.exception_code = 0

    async def __call__(self, query, wire):
        if self.silent:
            return
        if self.exception_code:
            wire.send(query, exception(query, self.exception_code))
            return
        words = struct.pack(f">{len(self.values)}f", *self.values.values())
        start, size = 2 * query.address, 2 * query.count
        wire.send(query, bytes([query.function, size]) + words[start : start + size])


def config_of(peer, **fields):
    place = (
        {"host": peer.device, "port": 1}
        if hasattr(peer, "device")
        else {"host": "127.0.0.1", "port": peer.port}
    )
    return CondensateMeterConfig(**{
        **place, "meter_id": "m", "timeout_seconds": 0.2, "max_retries": 0, "simulation": "never", **fields,
    })  # fmt: skip


class Bench:
    """A meter, its peer and its connector; the clocks are the test's, the sockets are real."""

    def __init__(self, **fields):
        self.fields = fields
        self.registers = CondensateRegisters()
        self.time = FakeTime()
        self.events = []
        self.samples = []

    async def __aenter__(self):
        self.peer = await TcpPeer(self.registers).__aenter__()
        self.meter = CondensateMeterConnector(config_of(self.peer, **self.fields), **self.time.options)
        self.meter.on_event(self.events.append)
        self.sampled = asyncio.Event()

        async def keep(sample):
            self.samples.append(sample)
            self.sampled.set()

        self.meter.on_sample(keep)
        return self

    async def __aexit__(self, *exc):
        await self.meter.disconnect()
        await self.peer.__aexit__()

    async def read(self, after=1.0, **values):
        """Let time pass without a grid poll, change the registers, and read."""
        self.time.seconds += after
        self.registers.values |= values
        return await self.meter.read_condensate()

    async def grid(self):
        """Let the next grid poll happen."""
        self.sampled.clear()
        await self.time.go_on(2.0)
        async with asyncio.timeout(5):
            await self.sampled.wait()
        return self.samples[-1]

    def status(self, quantity):
        """StatusCode of a channel in the last sample."""
        at = [channel.quantity for channel in self.meter.channels].index(quantity)
        return self.samples[-1].status[at]


def condensate_table(port, **more):
    """Return the table [[condensate_meter]] of one that is measured against the steam meter of the bus."""
    return {
        "meter_id": "returned", "host": "127.0.0.1", "port": port, "timeout_seconds": 0.5, "max_retries": 0,
        "sampling_rate_hz": 10.0, "steam_flow_sensor": "meter-flow_rate", **more,
    }  # fmt: skip
