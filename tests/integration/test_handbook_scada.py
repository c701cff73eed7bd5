"""The SCADA example as users know it, run as a script: with the plant's server, with nothing there."""

import re

import pytest

from fakes.handbook import closed_port, run
from integrations.simulation import Instruments, SteamPlant
from integrations.simulation.opcua.server import OpcUaPlantServer

EXAMPLE = """
import asyncio
from integrations import SCADAConnector, SCADAConnectionConfig, SCADAProtocol

async def scada_integration():
    config = SCADAConnectionConfig(
        protocol=SCADAProtocol.OPC_UA,
        host="192.168.1.200",
        port=4840,
        enable_subscriptions=True
    )

    connector = SCADAConnector(config)

    if await connector.connect():
        # Read tags
        pressure = await connector.read_tag("STEAM.HEADER.PRESSURE")
        print(f"Steam pressure: {pressure} bar")

        # Write tag
        await connector.write_tag("STEAM.SETPOINT", 12.0)

        # Subscribe to tag changes
        async def on_pressure_change(tag_name, value, timestamp):
            print(f"{tag_name} changed to {value} at {timestamp}")

        await connector.subscribe("STEAM.HEADER.PRESSURE", on_pressure_change)

        # Get all current values
        values = connector.get_current_values()
        for tag, data in values.items():
            print(f"{tag}: {data['value']} {data['units']}")

        await connector.disconnect()

asyncio.run(scada_integration())
"""


def shown(printed):
    """Return the values and units of the tags, as printed."""
    return dict(re.findall(r"^(STEAM\.[A-Z.]+): (.*)$", printed, re.MULTILINE))


async def test_with_the_plants_server_it_prints_what_the_plant_does_and_writes_nothing():
    instruments = Instruments(SteamPlant(seed=1))
    async with OpcUaPlantServer(instruments) as server:
        code, printed = await run(EXAMPLE, "192.168.1.200", server.port, at=server.host, usual_port=4840)
    assert code == 0, printed
    header, values = instruments.read("main_steam_header"), shown(printed)
    pressure, unit = values["STEAM.HEADER.PRESSURE"].split()
    assert (float(pressure), unit) == (pytest.approx(header["pressure"]), "bar")
    assert f"Steam pressure: {pressure} bar" in printed
    assert values["STEAM.HEADER.FLOW"] == f"{header['flow_rate']} t/hr"
    assert values["STEAM.TRAP.STATUS"] == "True "
    assert values["STEAM.SETPOINT"] == "10.0 bar"
    assert "allow_writes of scada_1 is false" in printed
    assert "SIMULATED" not in printed
    assert "Traceback" not in printed


async def test_with_nothing_there_it_simulates_and_says_so():
    with closed_port() as port:
        code, printed = await run(EXAMPLE, "192.168.1.200", port, usual_port=4840)
    assert code == 0, printed
    assert "readings are SIMULATED" in printed
    values = shown(printed)
    assert len(values) == 6
    assert float(re.search(r"Steam pressure: ([\d.]+) bar", printed)[1]) == pytest.approx(10.0, abs=0.2)
    assert values["STEAM.TRAP.STATUS"] == "True "
    assert not [value for value in values.values() if value.startswith("None")]
    assert "Traceback" not in printed


async def test_with_simulation_forbidden_it_does_not_connect():
    with closed_port() as port:
        code, printed = await run(EXAMPLE, "192.168.1.200", port, usual_port=4840, SIMULATION="never")
    assert code == 0, printed
    assert "Steam pressure" not in printed
    assert "SIMULATED" not in printed
    assert "Traceback" not in printed
