"""Meters behind one serial gateway: the silent ones cost the others their timeouts, and then nothing."""

import asyncio

import pytest

from fakes.modbus import TcpPeer, honest, per_unit, silent
from integrations import CircuitState, SteamMeterConfig, SteamMeterConnector

pytestmark = pytest.mark.alone

TIMEOUT = 0.1
LIVE, DEAD = range(1, 7), range(11, 19)


def meter(port, unit):
    return SteamMeterConnector(
        SteamMeterConfig(
            host="127.0.0.1",
            port=port,
            protocol="modbus_rtu",
            meter_id=f"m{unit}",
            slave_address=unit,
            timeout_seconds=TIMEOUT,
            sampling_rate_hz=5.0,
            simulation="never",
        )
    )


async def test_silent_units_on_a_shared_line_never_open_the_circuits_of_the_live_ones():
    manners = per_unit(others=honest, **{f"u{unit}": silent for unit in DEAD})
    async with TcpPeer(manners, is_rtu=True, max_connections=1) as gateway:
        meters = {unit: meter(gateway.port, unit) for unit in (*LIVE, *DEAD)}
        opened = asyncio.Event()
        transitions = []
        for unit, each in meters.items():
            each.circuit_breaker.observe(
                lambda change, unit=unit: (
                    transitions.append(unit),
                    len(transitions) >= len(DEAD) and opened.set(),
                )
            )
        await asyncio.gather(*(each.connect() for each in meters.values()))
        async with asyncio.timeout(30):
            await opened.wait()
        live = [meters[unit] for unit in LIVE]
        assert set(transitions) <= set(DEAD)
        assert all(each.circuit_breaker.state is CircuitState.CLOSED for each in live)
        assert [each.metrics.failed_calls for each in live] == [0] * len(live)
        await asyncio.gather(*(each.disconnect() for each in meters.values()))
