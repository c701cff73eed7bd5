"""Servers of asyncua on loopback, and sessions to them that are closed again; one event loop for a module."""

import asyncio
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from fakes.opcua_plant import Plant
from integrations.protocols.opcua.client import OpcUaSession
from integrations.resilience import Backoff


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
