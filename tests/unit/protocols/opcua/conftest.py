"""Servers of asyncua on loopback, and sessions to them that are closed again; one event loop for a module."""

import asyncio
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from asyncua import Server, ua

from integrations.protocols.opcua import OpcUaEndpoint
from integrations.protocols.opcua.client import OpcUaSession
from integrations.resilience import Backoff


class Plant:
    """A server that can be stopped, started again on its port, and asked for its nodes."""

    def __init__(self, prepare=None, tags=0):
        self.port = 0
        self.tags = tags
        self.prepare = prepare
        self.server = None

    @property
    def endpoint(self):
        return OpcUaEndpoint(host="127.0.0.1", port=self.port, timeout_seconds=3, keep_alive_seconds=0.5)

    async def start(self):
        server = Server()
        await server.init()
        if not self.port:
            probe = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
            self.port = probe.sockets[0].getsockname()[1]
            probe.close()
            await probe.wait_closed()
        server.set_endpoint(f"opc.tcp://127.0.0.1:{self.port}/plant")
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        index = await server.register_namespace("urn:test:plant")
        plant = await server.nodes.objects.add_object(index, "Plant")
        self.pressure = await plant.add_variable(
            ua.NodeId("STEAM.HEADER.PRESSURE", index), f"{index}:STEAM.HEADER.PRESSURE", 10.0
        )
        self.setpoint = await plant.add_variable(ua.NodeId("SETPOINT", index), f"{index}:SETPOINT", 8.0)
        await self.setpoint.set_writable()
        self.counter = await plant.add_variable(
            ua.NodeId(1001, index), f"{index}:COUNT", 1, ua.VariantType.UInt16
        )
        await self.counter.set_writable()
        self.many = [
            await plant.add_variable(ua.NodeId(f"T{number}", index), f"{index}:T{number}", float(number))
            for number in range(self.tags)
        ]
        if self.prepare:
            await self.prepare(server, index)
        await server.start()
        self.server = server

    async def stop(self):
        server, self.server = self.server, None
        if server:
            await server.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def make_plant():
    """Return a coroutine function that starts a server."""
    plants = []

    async def make(**options):
        plants.append(Plant(**options))
        await plants[-1].start()
        return plants[-1]

    yield make
    for plant in plants:
        await plant.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def plant(make_plant):
    return await make_plant()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lasting_plant():
    """A server that takes seconds to start: for tests that leave it as it was."""
    plant = Plant()
    await plant.start()
    yield plant
    await plant.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def open_session():
    """Return a coroutine function that opens a session, which reconnects fast."""
    async with AsyncExitStack() as stack:

        async def opened(endpoint, **options):
            options.setdefault("backoff", Backoff(0.05, 2.0, 0.1, jitter=True))
            return await stack.enter_async_context(OpcUaSession(endpoint, **options))

        yield opened


class Seen:
    """Collects batches, and waits until they show something."""

    def __init__(self):
        self.batches = []
        self._more = asyncio.Event()

    def __call__(self, batch):
        self.batches.append(batch)
        self._more.set()

    @property
    def values(self):
        return [value for batch in self.batches for value in batch.values]

    async def until(self, shows, seconds=10.0):
        async with asyncio.timeout(seconds):
            while not shows(self.values):
                self._more.clear()
                await self._more.wait()


@pytest.fixture
def seen():
    return Seen()
