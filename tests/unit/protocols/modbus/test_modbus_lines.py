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


async def test_users_of_a_gateway_share_its_line_whatever_else_they_are_set_to():
    def endpoint(transport, **settings):
        return ModbusEndpoint(transport, host="127.0.0.1", **settings)

    lines = ModbusLines()
    first = lines.acquire(endpoint(Transport.TCP))
    assert lines.acquire(endpoint(Transport.TCP, timeout_seconds=1.0, connection_pool_size=2)) is first
    assert lines.acquire(endpoint(Transport.TCP, port=503)) is not first
    through = lines.acquire(endpoint(Transport.RTU_OVER_TCP))
    assert through is not first
    assert lines.acquire(endpoint(Transport.RTU_OVER_TCP, baud_rate=19200)) is through


def test_each_event_loop_has_its_own_lines():
    async def current():
        return ModbusLines.current()

    assert asyncio.run(current()) is not asyncio.run(current())
