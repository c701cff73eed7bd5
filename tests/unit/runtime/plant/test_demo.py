"""The simulated plant and its configuration: what the meters show is what the configuration reads."""

import tomllib

import pytest

from integrations.devices.steam_meter import SteamMeterConnector
from integrations.runtime.plant.demo import simulated_plant
from integrations.runtime.plant.settings import read_plant
from integrations.simulation import parse_faults


async def test_every_meter_can_be_read_and_tells_that_it_is_simulated():
    async with simulated_plant(seed=3) as text:
        for config in read_plant(tomllib.loads(text), {}).devices["steam_meter"]:
            connector = SteamMeterConnector(config)
            assert await connector.connect()
            reading = connector.current_reading
            await connector.disconnect()
            assert reading.origin == "simulated"
            assert reading.flow_rate > 1
            assert 5 < reading.pressure < 15
            assert 150 < reading.temperature < 200


async def test_the_flows_balance():
    flows = {}
    async with simulated_plant(seed=3) as text:
        for config in read_plant(tomllib.loads(text), {}).devices["steam_meter"]:
            connector = SteamMeterConnector(config)
            await connector.connect()
            flows[config.meter_id] = connector.current_reading.flow_rate
            await connector.disconnect()
    assert flows["main_steam_header"] == pytest.approx(flows["process_a"] + flows["process_b"], rel=0.05)


async def test_a_meter_that_is_told_to_be_dead_does_not_answer():
    async with simulated_plant(faults=parse_faults(["dead:process_a"])) as text:
        document = tomllib.loads(text)
        document["defaults"]["timeout_seconds"] = 0.2
        meters = {m.meter_id: m for m in read_plant(document, {}).devices["steam_meter"]}
        connector = SteamMeterConnector(meters["process_a"])
        assert not await connector.connect()
        await connector.disconnect()
