"""Every class of device on its bench."""

import asyncio

import pytest

from fakes.benches import BENCHES, end_shared_servers
from fakes.rig import Rig, sockets
from fakes.site import eventually


@pytest.fixture(scope="module")
def shared_servers():
    yield
    end_shared_servers()


@pytest.fixture(params=BENCHES, ids=str)
async def rig(request, shared_servers, monkeypatch):
    """One bench, its server running; afterwards neither task nor socket may be left of it."""
    monkeypatch.delenv("SIMULATION", raising=False)
    bench = request.param
    async with bench.server() as port:
        before = sockets()
        async with bench.relay(port) as relay:
            rig = Rig(bench, relay)
            yield rig
            if rig.connector:
                await rig.connector.disconnect()
            await eventually(lambda: not relay.open, 2.0)
        await eventually(lambda: sockets() <= before, 2.0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
