"""The steam meter's example as users know it, run as a script: with a meter, and with nothing there."""

from fakes.handbook import closed_port, run
from fakes.meters import MeterRegisters
from fakes.modbus import TcpPeer

EXAMPLE = """
import asyncio
from integrations import SteamMeterConnector, SteamMeterConfig, MeterProtocol

async def main():
    # Configure steam meter
    config = SteamMeterConfig(
        host="192.168.1.100",
        port=502,
        protocol=MeterProtocol.MODBUS_TCP,
        meter_id="main_steam_header",
        sampling_rate_hz=1.0,
        units="t/hr",
        enable_totalizer=True
    )

    # Initialize connector
    connector = SteamMeterConnector(config)

    # Connect
    if await connector.connect():
        print("Connected to steam meter")

        # Read current flow
        reading = await connector.read_flow()
        print(f"Flow: {reading.flow_rate:.2f} {reading.unit}")
        print(f"Totalizer: {reading.totalizer:.0f} {reading.unit}")

        # Get averaged flow
        avg_flow = connector.get_averaged_flow(window_seconds=60)
        print(f"1-min average: {avg_flow:.2f} {config.units}")

        # Disconnect
        await connector.disconnect()

asyncio.run(main())
"""

MORE = """
        metrics = connector.get_metrics()
        print(f"Success rate: {metrics['successful_calls'] / metrics['total_calls'] * 100:.1f}%")
        print(f"Circuit breaker state: {metrics['circuit_breaker']['state']}")
        health = await connector.health_check()
        print(f"Healthy: {health.is_healthy}")
        print(f"State: {health.state.value}")
        if connector.circuit_breaker:
            connector.circuit_breaker.reset()

        # Disconnect
"""


async def test_with_a_meter_it_prints_what_the_meter_shows():
    async with TcpPeer(MeterRegisters(flow=42, total=1000)) as peer:
        code, printed = await run(EXAMPLE, "192.168.1.100", peer.port, at="127.0.0.1")
    assert code == 0, printed
    for line in (
        "Connected to steam meter",
        "Flow: 42.00 t/hr",
        "Totalizer: 1000 t/hr",
        "1-min average: 42.00 t/hr",
    ):
        assert line in printed
    assert "SIMULATED" not in printed
    assert "Traceback" not in printed


async def test_metrics_and_health_read_as_in_the_handbook():
    script = EXAMPLE.replace("\n        # Disconnect\n", MORE)
    async with TcpPeer(MeterRegisters()) as peer:
        code, printed = await run(script, "192.168.1.100", peer.port, at="127.0.0.1")
    assert code == 0, printed
    for line in (
        "Success rate: 100.0%",
        "Circuit breaker state: closed",
        "Healthy: True",
        "State: connected",
    ):
        assert line in printed


async def test_with_nothing_there_it_simulates_and_says_so():
    with closed_port() as port:
        code, printed = await run(EXAMPLE, "192.168.1.100", port)
    assert code == 0, printed
    assert "readings are SIMULATED" in printed
    assert "Connected to steam meter" in printed
    assert "Flow: 60.0" in printed


async def test_with_simulation_forbidden_it_does_not_connect():
    with closed_port() as port:
        code, printed = await run(EXAMPLE, "192.168.1.100", port, SIMULATION="never")
    assert code == 0, printed
    assert "Connected to steam meter" not in printed
    assert "SIMULATED" not in printed
    assert "Traceback" not in printed
