"""Who talks to the same endpoint shares its line."""

import asyncio

import pytest

from fakes.modbus import TcpPeer
from integrations.configuration import ConfigurationError
from integrations.protocols.modbus import (
    ConnectionLostError,
    Function,
    ModbusEndpoint,
    ModbusLines,
    Span,
    Transport,
)


async def test_a_line_lives_until_its_last_user_gives_it_back():
    async with TcpPeer() as peer:
        endpoint = ModbusEndpoint(host="127.0.0.1", port=peer.port)
        lines = ModbusLines.current()
        assert ModbusLines.current() is lines
        first, second = lines.acquire(endpoint), lines.acquire(endpoint)
        assert first is second
        span = Span(Function.HOLDING, 0, 1)
        await lines.release(first)
        assert (await second.read(1, span)).tolist() == [0]
        await lines.release(second)
        with pytest.raises(ConnectionLostError):
            await second.read(1, span)
        assert lines.acquire(endpoint) is not first


async def test_users_of_a_serial_line_agree_on_everything_but_the_timeout():
    def endpoint(**settings):
        return ModbusEndpoint(Transport.RTU, device="/dev/ttyS9", **settings)

    lines = ModbusLines()
    line = lines.acquire(endpoint())
    assert lines.acquire(endpoint(timeout_seconds=1.0)) is line
    with pytest.raises(ConfigurationError, match="baud_rate must be 9600 as for the others on this line"):
        lines.acquire(endpoint(baud_rate=19200))


async def test_tcp_endpoints_with_other_settings_have_lines_of_their_own():
    lines = ModbusLines()
    first = lines.acquire(ModbusEndpoint(host="127.0.0.1"))
    assert lines.acquire(ModbusEndpoint(host="127.0.0.1", timeout_seconds=1.0)) is not first


def test_each_event_loop_has_its_own_lines():
    async def current():
        return ModbusLines.current()

    assert asyncio.run(current()) is not asyncio.run(current())
