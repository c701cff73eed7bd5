"""The pressure example as users know it, run as a script: with the plant's unit, and with nothing there."""

import pytest

from fakes.handbook import HOST, closed_port, numbers, run
from integrations.simulation import Instruments, PlantServer, PressureInstruments, SteamPlant

EXAMPLE = """
from integrations import PressureSensorConnector, PressureSensorConfig, PressureType

# Configure multiple pressure sensors
configs = [
    PressureSensorConfig(
        host="192.168.1.101",
        port=502,
        sensor_id="header_pressure",
        pressure_type=PressureType.GAUGE,
        min_pressure=0.0,
        max_pressure=20.0,
        sampling_rate_hz=2.0
    ),
    PressureSensorConfig(
        host="192.168.1.101",
        port=502,
        sensor_id="distribution_pressure",
        pressure_type=PressureType.GAUGE,
        min_pressure=0.0,
        max_pressure=15.0,
        sampling_rate_hz=2.0
    )
]

async def monitor_pressure():
    connector = PressureSensorConnector(configs)

    if await connector.connect():
        # Get all pressures
        pressures = connector.get_all_pressures()
        for sensor_id, pressure in pressures.items():
            print(f"{sensor_id}: {pressure:.2f} bar")

        # Get pressure profile
        profile = connector.get_pressure_profile()
        for sensor in profile:
            print(f"{sensor['sensor_id']}: {sensor['pressure']:.2f} {sensor['unit']}")

        # Calculate differential
        diff = connector.get_differential_pressure("header_pressure", "distribution_pressure")
        print(f"Pressure drop: {diff:.2f} bar")

        await connector.disconnect()

asyncio.run(monitor_pressure())
"""


async def test_with_the_plants_transmitters_it_prints_what_the_plant_has():
    transmitters = PressureInstruments(Instruments(SteamPlant(seed=1)))
    async with PlantServer([transmitters.unit()], host=HOST) as server:
        code, printed = await run(EXAMPLE, "192.168.1.101", server.port)
    assert code == 0, printed
    header = pytest.approx(transmitters.read()["main_steam_header"], abs=0.01)
    assert numbers(printed, "header_pressure") == [header, header]
    assert "SIMULATED" not in printed


async def test_two_sensors_at_one_register_are_shown_alike_and_warned_about():
    transmitters = PressureInstruments(Instruments(SteamPlant(seed=1)))
    async with PlantServer([transmitters.unit()], host=HOST) as server:
        _, printed = await run(EXAMPLE, "192.168.1.101", server.port)
    assert numbers(printed, "Pressure drop") == [0.0]
    assert "two sensors read the same register" in printed
    assert "distribution_pressure" in printed


async def test_with_an_address_of_its_own_each_sensor_shows_its_own():
    example = EXAMPLE.replace('id="distribution_pressure"', 'id="distribution_pressure", register_address=2')
    transmitters = PressureInstruments(Instruments(SteamPlant(seed=1)))
    async with PlantServer([transmitters.unit()], host=HOST) as server:
        _, printed = await run(example, "192.168.1.101", server.port)
    shown = transmitters.read()
    assert numbers(printed, "distribution_pressure")[0] == pytest.approx(shown["process_a"], abs=0.01)
    drop = shown["main_steam_header"] - shown["process_a"]
    assert numbers(printed, "Pressure drop") == [pytest.approx(drop, abs=0.01)]
    assert "the same register" not in printed


async def test_with_nothing_there_it_simulates_and_says_so():
    with closed_port() as port:
        code, printed = await run(EXAMPLE, "192.168.1.101", port)
    assert code == 0, printed
    assert "readings are SIMULATED" in printed
    assert numbers(printed, "header_pressure") == [pytest.approx(12.0, abs=0.05)] * 2
    assert numbers(printed, "distribution_pressure") == [pytest.approx(9.0, abs=0.05)] * 2
    assert numbers(printed, "Pressure drop") == [pytest.approx(3.0, abs=0.05)]


async def test_with_simulation_forbidden_it_does_not_connect():
    with closed_port() as port:
        code, printed = await run(EXAMPLE, "192.168.1.101", port, SIMULATION="never")
    assert code == 0, printed
    assert numbers(printed, "header_pressure") == []
    assert "SIMULATED" not in printed
    assert "Traceback" not in printed
