"""What is simulated is coherent, in the units of the channels, and says what it is."""

import numpy as np
import pytest

from fakes.time import FakeTime
from integrations.devices.steam_meter import SteamMeterConfig
from integrations.devices.steam_meter.decode import MeterDecoder
from integrations.devices.steam_meter.simulator import SimulatedMeter
from integrations.messages import Origin, Status
from integrations.steam import absolute_pressure_bar, saturation_temperature_c


def simulated(**fields):
    config = SteamMeterConfig(**{"host": "h", "port": 502, **fields})
    time, decoder = FakeTime(), MeterDecoder(config)
    meter = SimulatedMeter(config, decoder, time.now_ns)

    def at(seconds):
        time.seconds = seconds
        sample = meter.sample()
        return sample, dict(zip(decoder.column, sample.values.tolist(), strict=True))

    return at


def test_every_value_is_marked():
    sample, _ = simulated()(0)
    assert sample.origin is Origin.SIMULATED
    assert set(sample.status.tolist()) == {Status.GOOD_EDITED}


def test_a_value_that_nobody_can_imagine_is_out_of_service():
    sample, values = simulated(
        register_map={"flow_rate": 0, "valve": 5, "pressure": {"address": 9, "unit": "m"}}
    )(0)
    assert np.isnan([values["valve"], values["pressure"]]).all()
    assert sample.status.tolist() == [Status.GOOD_EDITED] + [Status.BAD_OUT_OF_SERVICE] * 2


def test_steam_is_saturated():
    _, values = simulated()(7)
    assert values["temperature"] == pytest.approx(
        saturation_temperature_c(absolute_pressure_bar(values["pressure"]))
    )


def test_units_are_the_channels():
    _, plain = simulated()(0)
    _, other = simulated(
        units="kg/s",
        register_map={
            "flow_rate": {"address": 0, "unit": "kg/s"},
            "pressure": {"address": 7, "unit": "psig"},
            "temperature": {"address": 6, "unit": "°F"},
        },
    )(0)
    assert other["flow_rate"] == plain["flow_rate"] == 60
    assert other["pressure"] == pytest.approx(plain["pressure"] * 14.503774)
    assert other["temperature"] == pytest.approx(plain["temperature"] * 1.8 + 32)


@pytest.mark.parametrize(("units", "hours"), [("t/hr", 1), ("kg/s", 1 / 3600), ("MW", 1)])
def test_the_totaliser_is_the_integral_of_the_flow(units, hours):
    at = simulated(units=units)
    seconds = np.arange(0, 2001.0)
    samples = [at(second)[1] for second in seconds]
    flows = [values["flow_rate"] for values in samples]
    assert max(flows) - min(flows) > 5
    expected = np.trapezoid(flows, seconds / 3600) / hours
    assert samples[-1]["totalizer"] - samples[0]["totalizer"] == pytest.approx(expected, rel=1e-5)
    assert np.corrcoef(flows, [values["velocity"] for values in samples])[0, 1] == pytest.approx(1)


def test_the_totaliser_rolls_over_where_the_meters_would():
    _, values = simulated(totalizer_rollover=99)(7200)
    assert values["totalizer"] == pytest.approx(20, abs=1)


def test_the_flow_stays_among_those_that_are_believable():
    _, values = simulated(max_valid_flow=20)(0)
    assert values["flow_rate"] == 12
