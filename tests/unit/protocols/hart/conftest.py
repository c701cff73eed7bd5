"""Simulated HART devices on loopback, and links to them that are closed again."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from integrations.protocols.hart import HartDevice, HartEndpoint, HartLink
from integrations.simulation import HartInstrument, HartPlantServer

CODES = {"flow_rate": 75, "totalizer": 62, "temperature": 32, "pressure": 7}


class Shown:
    """What the simulated devices show; a test changes it."""

    def __init__(self):
        self.values = {"flow_rate": 7200.0, "totalizer": 1234.5, "temperature": 184.0, "pressure": 10.0}

    def device(self, number, **more):
        return HartInstrument(
            number, f"FT-{number}", CODES, lambda: self.values, long_tag=f"meter {number}",
            upper_range=14_400.0, **more,
        )  # fmt: skip


@pytest.fixture
def shown():
    return Shown()


@pytest.fixture
async def server(shown):
    """Two devices at the polling addresses 0 and 1; the second one bursts."""
    async with HartPlantServer([shown.device(0), shown.device(1, bursting=True)]) as running:
        yield running


@pytest.fixture(params=["udp", "tcp"])
def transport(request):
    return request.param


@pytest.fixture
async def link_to():
    """Return a function that makes a link to a server."""
    async with AsyncExitStack() as stack:

        def link(place, transport="udp", **more):
            made = HartLink(
                HartEndpoint(
                    host="127.0.0.1", port=place.port, transport=transport, **{"timeout_seconds": 3, **more}
                )
            )
            stack.push_async_callback(made.close)
            return made

        yield link


@pytest.fixture
def link(server, transport, link_to):
    return link_to(server, transport)


@pytest.fixture
def device(link):
    return HartDevice(link)


@pytest.fixture(autouse=True)
async def no_task_is_left():
    yield
    assert asyncio.all_tasks() == {asyncio.current_task()}
