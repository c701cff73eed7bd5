"""A steam meter from connect to disconnect: the simulated plant's, or with --real-hardware the one you have.

With --real-hardware the meter is the one that STEAM_METER_HOST, STEAM_METER_PORT and STEAM_METER_PROTOCOL
describe, or the first of the file that GL003_CONFIG names. It is only read.
"""

import math
import os
import tomllib
from pathlib import Path

import pytest

from integrations import ConnectionState, SimulationPolicy, SteamMeterConnector
from integrations.devices.steam_meter import SteamMeterConfig
from integrations.messages import Origin, is_bad
from integrations.runtime.plant.demo import simulated_plant
from integrations.runtime.plant.settings import load_plant, read_plant

WANTED = "--real-hardware needs STEAM_METER_HOST and STEAM_METER_PORT, or GL003_CONFIG with a [[steam_meter]]"


@pytest.fixture
async def config(request) -> SteamMeterConfig:
    """Configuration of the meter, which is never simulated by the library itself."""
    if request.config.getoption("real_hardware"):
        path = os.environ.get("GL003_CONFIG")
        meters = load_plant(Path(path) if path else None).devices["steam_meter"]
        if not meters:
            pytest.fail(WANTED)
        yield _unsimulated(meters[0])
        return
    async with simulated_plant(seed=3) as demo:
        yield _unsimulated(read_plant(tomllib.loads(demo.text), {}).devices["steam_meter"][0])


@pytest.fixture
async def meter(config):
    """The meter, connected."""
    connector = SteamMeterConnector(config)
    assert await connector.connect(), connector.last_error
    yield connector
    await connector.disconnect()


@pytest.fixture
def origin(request):
    """What the readings must say of themselves."""
    return Origin.MEASURED if request.config.getoption("real_hardware") else Origin.SIMULATED


def _unsimulated(config):
    fields = {name: getattr(config, name) for name in config.__struct_fields__}
    return type(config)(**fields | {"simulation": SimulationPolicy.NEVER})


async def test_it_gives_a_believable_flow(meter, config, origin):
    reading = await meter.read_flow()
    assert reading.origin is origin
    assert not is_bad(reading.status)
    assert config.min_valid_flow <= reading.flow_rate <= config.max_valid_flow
    assert reading.unit == config.units
    assert reading.quality_score > 0


async def test_the_getters_have_values_from_the_first_moment(meter):
    assert meter.current_reading is not None
    assert meter.get_averaged_flow(window_seconds=60) is not None
    assert meter.get_flow_statistics(window_minutes=1)["count"] >= 1


async def test_time_goes_on_and_the_total_never_goes_back(meter):
    first, second = await meter.read_flow(), await meter.read_flow()
    assert second.timestamp > first.timestamp
    if math.isfinite(first.totalizer):
        assert second.totalizer >= first.totalizer


async def test_steam_is_as_hot_as_its_pressure_allows(meter):
    reading = await meter.read_flow()
    if reading.temperature is None or reading.pressure is None:
        pytest.skip("this meter gives no temperature or no pressure")
    assert 90 < reading.temperature < 600


async def test_it_is_healthy_and_counts_its_calls(meter):
    assert (await meter.health_check()).is_healthy
    metrics = meter.get_metrics()
    assert metrics["successful_calls"] == metrics["total_calls"] > 0
    assert metrics["circuit_breaker"]["state"] == "closed"


async def test_it_can_be_connected_again(meter):
    await meter.disconnect()
    assert meter.state is ConnectionState.DISCONNECTED
    assert await meter.connect()
    assert not is_bad((await meter.read_flow()).status)
