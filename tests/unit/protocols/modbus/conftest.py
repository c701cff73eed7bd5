"""Lines to misbehaving peers, closed again; nothing may be left running."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from fakes.time import idle_time_skipped
from integrations.protocols.modbus import ModbusEndpoint, ModbusLine, Transport

TIMEOUT_SECONDS = 2.0


@pytest.fixture(autouse=True)
async def no_wait_lasts_and_no_task_is_left():
    with idle_time_skipped():
        yield
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.fixture
def open_line():
    """Return a context manager that makes a line to a peer."""

    @asynccontextmanager
    async def opened(peer, **settings):
        if hasattr(peer, "device"):
            place = {"device": peer.device, "transport": Transport.RTU}
        else:
            place = {"port": peer.port}
        settings = {"host": "127.0.0.1", "timeout_seconds": TIMEOUT_SECONDS, **place, **settings}
        line = ModbusLine(ModbusEndpoint(**settings))
        try:
            yield line
        finally:
            await line.close()

    return opened
