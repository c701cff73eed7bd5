"""The temperature example as users know it, run as a script: with the plant's sensors, with nothing there."""

import pytest

from fakes.handbook import HOST, closed_port, numbers, run
from integrations.simulation import Instruments, PlantServer, SteamPlant, TemperatureInstruments

EXAMPLE = """
from integrations import (
    TemperatureSensorConnector,
    TemperatureSensorConfig,
    TemperatureSensorType
)

configs = [
    TemperatureSensorConfig(
        host="192.168.1.102",
        port=502,
        sensor_id="steam_temp",
        sensor_type=TemperatureSensorType.RTD_PT100,
        min_temp=0.0,
        max_temp=400.0,
        smoothing_window=5
    ),
    TemperatureSensorConfig(
        host="192.168.1.102",
        port=502,
        sensor_id="condensate_temp",
        sensor_type=TemperatureSensorType.THERMOCOUPLE_K,
        min_temp=0.0,
        max_temp=200.0
    )
]

async def monitor_temperature():
    connector = TemperatureSensorConnector(configs)

    if await connector.connect():
        temps = connector.get_all_temperatures()
        for sensor_id, temp in temps.items():
            print(f"{sensor_id}: {temp:.1f}°C")

        await connector.disconnect()

asyncio.run(monitor_temperature())
"""


async def test_with_the_plants_sensors_it_prints_what_the_plant_has():
    sensors = TemperatureInstruments(Instruments(SteamPlant(seed=1)))
    async with PlantServer([sensors.unit()], host=HOST) as server:
        code, printed = await run(EXAMPLE, "192.168.1.102", server.port)
    assert code == 0, printed
    header = pytest.approx(sensors.read()["main_steam_header"], abs=0.11)
    assert numbers(printed, "steam_temp") == numbers(printed, "condensate_temp") == [header]
    assert "two sensors read the same register" in printed
    assert "SIMULATED" not in printed


async def test_with_an_address_of_its_own_each_sensor_shows_its_own():
    example = EXAMPLE.replace('id="condensate_temp"', 'id="condensate_temp", register_address=1')
    sensors = TemperatureInstruments(Instruments(SteamPlant(seed=1)))
    async with PlantServer([sensors.unit()], host=HOST) as server:
        _, printed = await run(example, "192.168.1.102", server.port)
    shown = sensors.read()
    assert numbers(printed, "condensate_temp") == [pytest.approx(shown["condensate_return"], abs=0.11)]
    assert "the same register" not in printed


async def test_with_nothing_there_it_simulates_and_says_so():
    with closed_port() as port:
        code, printed = await run(EXAMPLE, "192.168.1.102", port)
    assert code == 0, printed
    assert "readings are SIMULATED" in printed
    assert numbers(printed, "steam_temp") == [pytest.approx(180.0, abs=0.5)]
    assert numbers(printed, "condensate_temp") == [pytest.approx(90.0, abs=0.5)]


async def test_with_simulation_forbidden_it_does_not_connect():
    with closed_port() as port:
        code, printed = await run(EXAMPLE, "192.168.1.102", port, SIMULATION="never")
    assert code == 0, printed
    assert numbers(printed, "steam_temp") == []
    assert "SIMULATED" not in printed
    assert "Traceback" not in printed
