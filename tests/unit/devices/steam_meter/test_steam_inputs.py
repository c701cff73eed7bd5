"""The steam in a meter's pipe while a transmitter is out."""

import numpy as np
import pytest

from integrations import SteamMeterConfig
from integrations.devices import Channel
from integrations.devices.steam_meter.steam_inputs import SteamInputs
from integrations.messages import Status
from integrations.steam import density_kg_m3, saturated_vapour_density_kg_m3

CHANNELS = (Channel("m-pressure", "pressure", "bara"), Channel("m-temperature", "temperature", "°C"))


@pytest.fixture
def steam():
    inputs = SteamInputs(SteamMeterConfig(host="127.0.0.1", port=502, meter_id="m"), CHANNELS)

    def steam(pressure, temperature):
        values = np.array([np.nan if value is None else value for value in (pressure, temperature)])
        status = np.where(np.isnan(values), np.uint32(Status.BAD_SENSOR_FAILURE), np.uint32(Status.GOOD))
        return inputs(values, status)

    return steam


@pytest.mark.parametrize(
    ("pressure", "temperature", "density"),
    [(None, 260.0, density_kg_m3(10.0, 260.0)), (9.0, None, density_kg_m3(9.0, 250.0))],
)
def test_superheated_steam_stays_so_while_a_transmitter_is_out(steam, pressure, temperature, density):
    assert steam(10.0, 250.0).status == Status.GOOD
    found = steam(pressure, temperature)
    assert found.density_kg_m3 == pytest.approx(density)
    assert found.status == Status.UNCERTAIN_LAST_USABLE
    assert steam(10.0, 250.0).status == Status.GOOD


@pytest.mark.parametrize("before", [[], [(10.0, 180.0)], [(10.0, 250.0), (10.0, 180.0)]])
def test_steam_that_was_not_superheated_is_taken_as_saturated(steam, before):
    for point in before:
        steam(*point)
    found = steam(9.0, None)
    assert found.density_kg_m3 == pytest.approx(saturated_vapour_density_kg_m3(9.0))
    assert found.status == Status.UNCERTAIN_SUBNORMAL
