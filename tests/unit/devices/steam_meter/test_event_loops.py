"""A connector outlives the event loop it was connected in, as scripts with several asyncio.run() want it."""

import asyncio
import threading

import pytest

from fakes.meters import MeterRegisters
from fakes.modbus import TcpPeer
from integrations import SteamMeterConfig, SteamMeterConnector
from integrations.devices import ConnectionState


@pytest.fixture
def peer():
    """A meter that lives in an event loop and thread of its own."""
    loop, registers = asyncio.new_event_loop(), MeterRegisters()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    peer = TcpPeer(registers)
    asyncio.run_coroutine_threadsafe(peer.__aenter__(), loop).result(10)
    yield peer
    asyncio.run_coroutine_threadsafe(peer.__aexit__(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def connector(peer):
    config = SteamMeterConfig(
        host="127.0.0.1", port=peer.port, simulation="never", sampling_rate_hz=50, timeout_seconds=5
    )
    return SteamMeterConnector(config)


def test_a_connector_whose_event_loop_has_ended_polls_again_after_the_next_connect(connector):
    async def polls():
        polled = asyncio.Event()

        async def on_sample(_):
            polled.set()

        assert await connector.connect()
        connector.on_sample(on_sample)
        async with asyncio.timeout(10):
            await polled.wait()

    asyncio.run(polls())
    asyncio.run(polls())
    asyncio.run(connector.disconnect())
    assert connector.state is ConnectionState.DISCONNECTED


def test_a_meter_is_read_in_another_event_loop_than_it_was_connected_in(connector):
    assert asyncio.run(connector.connect())
    first = asyncio.run(connector.read_flow())
    assert asyncio.run(connector.read_flow()).timestamp > first.timestamp
    asyncio.run(connector.disconnect())
