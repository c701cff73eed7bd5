"""The plant by itself: what it serves is what its description says."""

import asyncio
import tomllib
from pathlib import Path

from integrations.devices.classes import device_classes
from integrations.runtime.plant.settings import read_plant
from integrations.runtime.plant.standing import PORTS, TEMPERATURE_PORT, description, serve_standing
from integrations.runtime.process.life import Stop

ROOT = Path(__file__).parents[4]
HOST = "127.83.7.1"


async def test_every_device_of_the_description_answers():
    stop = Stop()
    plant = read_plant(tomllib.loads(description(HOST)), {})
    async with asyncio.TaskGroup() as group:
        group.create_task(serve_standing(HOST, 3, (), stop))
        for port in {*PORTS.values(), TEMPERATURE_PORT}:
            await listening_on(port)
        for name in sorted({*device_classes()} - {"scada"}):
            for connector in device_classes()[name].connectors(plant.devices[name]):
                assert await connector.connect()
                await connector.disconnect()
        stop.set("the test is over")


async def listening_on(port):
    while True:
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return


def test_the_plant_of_the_containers_is_the_one_that_is_served():
    assert (ROOT / "deploy" / "demo" / "plant.toml").read_text() == description("plant")
