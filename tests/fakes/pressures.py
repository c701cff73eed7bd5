"""Pressure transmitters on a real Modbus peer, and a bench to test their connector on."""

import asyncio
import struct

from fakes.modbus import TcpPeer
from fakes.site import eventually
from fakes.time import FakeTime
from integrations import PressureSensorConfig, PressureSensorConnector

PATIENT_SECONDS, SHORT_SECONDS = 3.0, 0.3
"""Timeouts: where all answer, however busy the machine is, and where a test waits for somebody silent."""


class Transmitters:
    """Units with floats from register 0 on, two registers each; `silent` units hear and do not answer."""

    def __init__(self, **values):
        self.units = {1: list(values.values()) or [10.0, 9.5, 9.0]}
        self.silent = set()

    async def __call__(self, query, wire):
        if query.unit in self.silent or query.unit not in self.units:
            return
        floats = self.units[query.unit]
        words = struct.pack(f">{len(floats)}f", *floats)
        start, size = 2 * query.address, 2 * query.count
        wire.send(query, bytes([query.function, size]) + words[start : start + size])


def config(**fields):
    return PressureSensorConfig(**{
        "host": "127.0.0.1", "port": 502, "sensor_id": "p", "timeout_seconds": PATIENT_SECONDS,
        "max_retries": 0, "simulation": "never", **fields,
    })  # fmt: skip


class Bench:
    """Sensors, their peer and their connector; the clocks are the test's, the sockets are real."""

    def __init__(self, *sensors, timeout_seconds=PATIENT_SECONDS):
        self.sensors = sensors or ({"sensor_id": "p"},)
        self.transmitters = Transmitters()
        self.timeout_seconds = timeout_seconds
        self.time = FakeTime()
        self.events = []
        self.samples = []
        self.sampled = asyncio.Event()

    async def __aenter__(self):
        self.peer = await TcpPeer(self.transmitters).__aenter__()
        configs = [
            config(**{"port": self.peer.port, "timeout_seconds": self.timeout_seconds, **fields})
            for fields in self.sensors
        ]
        self.array = PressureSensorConnector(configs, **self.time.options)
        self.array.on_event(self.events.append)

        async def keep(sample):
            self.samples.append(sample)
            self.sampled.set()

        for unit in self.array.units:
            unit.on_sample(keep)
        return self

    async def __aexit__(self, *exc):
        await self.array.disconnect()
        await self.peer.__aexit__()

    async def read(self, *values, after=1.0, unit=1):
        """Let time pass without a grid poll, change the registers, and have all units asked."""
        self.time.seconds += after
        self.transmitters.units[unit][: len(values)] = values
        await self.array.health_check()
        return self.array.current_readings

    async def answered(self, calls):
        """Wait until so many calls have ended."""
        await eventually(lambda: self.array.metrics.total_calls >= calls)

    async def grid(self, seconds=1.0, samples=1):
        """Let grid polls happen, until so many samples have come."""
        wanted = len(self.samples) + samples
        await self.time.go_on(seconds)
        async with asyncio.timeout(5):
            while len(self.samples) < wanted:
                self.sampled.clear()
                await self.sampled.wait()
        return self.samples[-1]
