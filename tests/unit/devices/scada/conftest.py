"""One OPC UA server for all tests of the folder, and systems that are disconnected again."""

import pytest

from fakes.opcua import STEAM, OpcUaPeer
from fakes.systems import FLOW, PRESSURE, System

WRITABLE = {"STEAM.SETPOINT", "PUMP.ON", "RECIPE", "COUNT"}


@pytest.fixture(scope="package")
def server():
    values = {**STEAM, "PUMP.ON": False, "RECIPE": "A"}
    with OpcUaPeer(values, writable=WRITABLE, historized=[PRESSURE]) as peer:
        yield peer


@pytest.fixture
def peer(server):
    """The server as it is at its beginning."""
    server.refused.clear()
    server.stuck.clear()
    for tag in (PRESSURE, FLOW, "STEAM.SETPOINT"):
        server.write(tag, STEAM[tag])
    return server


@pytest.fixture
async def system(peer):
    """Return a function that makes a SCADA system of some tags; each is disconnected at the end."""
    made = []

    def make(*tags, **fields):
        made.append(System(peer, tags, fields))
        return made[-1]

    yield make
    for each in made:
        await each.scada.disconnect()
