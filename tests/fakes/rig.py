"""A connector of a bench under test: its real server, a relay between them, its clocks, and what it tells."""

import asyncio
from contextlib import suppress
from pathlib import Path

from fakes.site import eventually
from fakes.time import FakeTime
from integrations.devices import ConnectionState

PATIENT_SECONDS = 3.0
"""Timeout where a device answers or refuses at once: long enough for a busy machine."""


class Rig:
    """A connector, its real server, and the relay between them.

    The connector's monotonic clock and its sleep are the test's; UTC is real, as it is to the servers.
    """

    def __init__(self, bench, relay):
        self.bench = bench
        self.relay = relay
        self.time = FakeTime()
        self.connector = None
        self.samples = []
        self.states = []
        self.circuits = []
        self.events = []

    def make(self, **fields):
        """Return a connector of the bench; `fields` go into its configuration."""
        config = self.bench.config(**{
            "host": "127.0.0.1", "port": self.relay.port, "timeout_seconds": PATIENT_SECONDS,
            "max_retries": 0, "simulation": "never", **self.bench.fields, **fields,
        })  # fmt: skip
        self.connector = connector = self.bench.connector(
            config, clock=self.time.clock, sleep=self.time.sleep
        )
        connector.on_state(lambda change: self.states.append(change.after))
        connector.on_event(self.events.append)
        if connector.circuit_breaker:
            connector.circuit_breaker.observe(lambda change: self.circuits.append(change.after))
        self.polled.on_sample(self._keep)
        return connector

    @property
    def polled(self):
        """What is polled behind the connector: itself, or its one unit."""
        return getattr(self.connector, "units", (self.connector,))[0]

    @property
    def shown(self):
        return self.bench.shown(self.connector)

    @property
    def calls(self):
        return self.connector.metrics.total_calls

    @property
    def last(self):
        return self.samples[-1]

    async def _keep(self, sample):
        self.samples.append(sample)

    async def pass_time(self, seconds, until=lambda: False):
        """Let the connector's time pass a second at a time, and what it does with it happen."""
        for _ in range(round(seconds)):
            calls = self.calls
            await self.time.go_on(1.0)
            await eventually(lambda calls=calls: self.calls > calls, 5.0)
            if until():
                return True
        return until()

    async def is_back(self):
        """Let time pass until the device is connected and vouched for again."""

        async def look():
            await self.time.go_on(1.0)
            await asyncio.sleep(0.05)
            connected = self.connector.state is ConnectionState.CONNECTED
            return connected and self.bench.trusted(self.connector)

        await eventually(look)


def sockets():
    """Return the sockets that this process has open."""
    found = set()
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            target = str(link.readlink())
            if target.startswith("socket:"):
                found.add(target)
    return found
