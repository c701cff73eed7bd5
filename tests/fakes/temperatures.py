"""Temperature modules on a real Modbus peer, and a bench to test their connector on."""

import struct

from fakes.modbus import TcpPeer
from fakes.site import eventually
from fakes.time import FakeTime
from integrations import TemperatureSensorConfig, TemperatureSensorConnector
from integrations.thermometry import TYPE_K

PATIENT_SECONDS, SHORT_SECONDS = 3.0, 0.3
"""Timeouts: where all answer, however busy the machine is, and where a test waits for somebody silent."""

OHMS = {"sensor_id": "ohms", "signal": "ohms"}
COUPLE = {
    "sensor_id": "couple", "signal": "millivolts", "sensor_type": "thermocouple_k", "register_address": 2,
    "cjc_register": 4,
}  # fmt: skip
LINEAR = {"sensor_id": "linear", "register_address": 5}


class Module:
    """Ohms at 0, millivolts at 2, the cold junction at 4 and a temperature at 5 (both int16, 0.1 °C)."""

    def __init__(self):
        self.ohms = 138.5055
        self.millivolts = float(TYPE_K.emf_mv(300.0, 25.0))
        self.cold_c = 25.0
        self.linear_c = 184.1
        self.silent = set()

    async def __call__(self, query, wire):
        if query.unit in self.silent:
            return
        words = struct.pack(
            ">ffhh", self.ohms, self.millivolts, round(self.cold_c * 10), round(self.linear_c * 10)
        )
        start, size = 2 * query.address, 2 * query.count
        wire.send(query, bytes([query.function, size]) + words[start : start + size])


def config(**fields):
    return TemperatureSensorConfig(**{
        "host": "127.0.0.1", "port": 502, "timeout_seconds": PATIENT_SECONDS, "max_retries": 0,
        "simulation": "never", "smoothing_window": 1, **fields,
    })  # fmt: skip


class Bench:
    """Sensors, their module and their connector; the clocks are the test's, the sockets are real."""

    def __init__(self, *sensors, timeout_seconds=PATIENT_SECONDS):
        self.sensors = sensors
        self.module = Module()
        self.timeout_seconds = timeout_seconds
        self.time = FakeTime()
        self.events = []
        self.samples = []

    async def __aenter__(self):
        self.peer = await TcpPeer(self.module).__aenter__()
        configs = [
            config(**{"port": self.peer.port, "timeout_seconds": self.timeout_seconds, **fields})
            for fields in self.sensors
        ]
        self.array = TemperatureSensorConnector(configs, **self.time.options)
        self.array.on_event(self.events.append)
        for unit in self.array.units:
            unit.on_sample(self._keep)
        return self

    async def __aexit__(self, *exc):
        await self.array.disconnect()
        await self.peer.__aexit__()

    async def _keep(self, sample):
        self.samples.append(sample)

    async def read(self, after=1.0, **shown):
        """Let time pass without a grid poll, change what the module shows, and have it asked."""
        self.time.seconds += after
        vars(self.module).update(shown)
        await self.array.health_check()
        return self.array.current_readings

    async def grid(self, seconds=1.0):
        """Let the next grid poll happen."""
        count = len(self.samples)
        await self.time.go_on(seconds)
        await eventually(lambda: len(self.samples) >= count + len(self.array.units))
        return self.samples[-1]
