"""The simulated plant and its configuration: what the meters show is what the configuration reads."""

import asyncio
import tomllib

import numpy as np
import pytest

from integrations.devices.classes import device_classes
from integrations.devices.scada import SCADAConnector
from integrations.devices.steam_meter import SteamMeterConnector
from integrations.runtime.plant.demo import instruments_of, meter_servers, simulated_plant
from integrations.runtime.plant.demo_scada import serve_scada
from integrations.runtime.plant.settings import read_plant
from integrations.runtime.process.life import Stop
from integrations.simulation import parse_faults


async def test_every_meter_can_be_read_and_tells_that_it_is_simulated():
    async with simulated_plant(seed=3) as demo:
        for config in read_plant(tomllib.loads(demo.text), {}).devices["steam_meter"]:
            connector = SteamMeterConnector(config)
            assert await connector.connect()
            reading = connector.current_reading
            await connector.disconnect()
            assert reading.origin == "simulated"
            assert reading.flow_rate > 1
            is_water = config.meter_id == "make_up_water"
            assert reading.pressure == pytest.approx(2.5 if is_water else 10.0, rel=0.1)
            assert reading.temperature == pytest.approx(16.0 if is_water else 184.0, rel=0.2)


@pytest.mark.parametrize("name", sorted({*device_classes()} - {"scada"}))
async def test_every_class_of_devices_is_in_the_plant(name):
    async with simulated_plant(seed=3) as demo:
        configs = read_plant(tomllib.loads(demo.text), {}).devices[name]
        assert configs
        for connector in device_classes()[name].connectors(configs):
            assert await connector.connect()
            sample = connector.latest
            await connector.disconnect()
            assert sample.origin == "simulated"
            assert np.isfinite(sample.values).all() or name == "condensate_meter"


async def listening_on(port):
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return


async def test_its_control_system_shows_the_same_plant():
    stop = Stop()
    async with simulated_plant(seed=3) as demo, asyncio.TaskGroup() as group:
        group.create_task(serve_scada(demo.scada_port, demo.began, 3, (), stop))
        plant = read_plant(tomllib.loads(demo.text), {})
        (config,) = plant.devices["scada"]
        connector = SCADAConnector(config)
        await listening_on(demo.scada_port)
        assert await connector.connect()
        (meter, *_) = (SteamMeterConnector(each) for each in plant.devices["steam_meter"])
        await meter.connect()
        tags = connector.get_current_values()
        assert tags["STEAM.HEADER.PRESSURE"]["value"] == pytest.approx(
            meter.current_reading.pressure, rel=0.01
        )
        assert tags["STEAM.HEADER.FLOW"]["value"] == pytest.approx(meter.current_reading.flow_rate, rel=0.05)
        assert await connector.write_tag("STEAM.SETPOINT", 9.5)
        await meter.disconnect()
        await connector.disconnect()
        stop.set("the test is over")


async def test_the_flows_balance():
    flows = {}
    async with simulated_plant(seed=3) as demo:
        for config in read_plant(tomllib.loads(demo.text), {}).devices["steam_meter"]:
            connector = SteamMeterConnector(config)
            await connector.connect()
            flows[config.meter_id] = connector.current_reading.flow_rate
            await connector.disconnect()
    assert flows["main_steam_header"] == pytest.approx(flows["process_a"] + flows["process_b"], rel=0.05)


async def test_a_meter_that_is_told_to_be_dead_does_not_answer():
    async with simulated_plant(faults=parse_faults(["dead:process_a"])) as demo:
        document = tomllib.loads(demo.text)
        document["defaults"]["timeout_seconds"] = 0.2
        meters = {m.meter_id: m for m in read_plant(document, {}).devices["steam_meter"]}
        connector = SteamMeterConnector(meters["process_a"])
        assert not await connector.connect()
        await connector.disconnect()


@pytest.mark.parametrize("excess", [50, -50])
async def test_a_sensor_that_shows_what_no_steam_can_be_does_not_end_the_plant(excess):
    wrong = instruments_of(1, parse_faults([f"spike:process_a.pressure={excess}"]))
    wrong.advance(0.5)
    for server in meter_servers(wrong).values():
        server.refresh()
