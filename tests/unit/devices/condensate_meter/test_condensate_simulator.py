"""What is simulated is a healthy plant's, and says what it is."""

import math

import pytest

from fakes.time import FakeTime
from integrations.devices.condensate_meter import CondensateMeterConfig
from integrations.devices.condensate_meter.decode import CondensateDecoder
from integrations.devices.condensate_meter.simulator import SimulatedCondensateMeter
from integrations.messages import Origin, Status


def simulated(seconds=0.0, **fields):
    config = CondensateMeterConfig(**{"host": "h", "port": 502, **fields})
    time, decoder = FakeTime(), CondensateDecoder(config)
    meter = SimulatedCondensateMeter(config, decoder, time.now_ns)
    time.seconds = seconds
    sample = meter.sample()
    names = [channel.quantity for channel in decoder.channels]
    return sample, dict(zip(names, sample.values.tolist(), strict=True))


def test_every_value_is_there_and_marked():
    sample, values = simulated()
    assert sample.origin is Origin.SIMULATED
    assert set(sample.status.tolist()) == {Status.GOOD_EDITED}
    assert values["flow_rate"] == pytest.approx(30)
    assert all(map(math.isfinite, values.values()))


def test_what_is_derived_is_derived_from_what_is_simulated():
    _, values = simulated(100, steam_flow_sensor="h", downstream_pressure_barg=0.0)
    assert values["return_percentage"] == pytest.approx(82)
    assert values["flash_steam_loss"] == pytest.approx(values["flow_rate"] * 0.1606, abs=1e-2)


@pytest.mark.parametrize("seconds", [0, 150, 300, 450])
def test_flow_stays_in_its_range_and_nothing_is_contaminated(seconds):
    _, values = simulated(seconds, min_flow=5.0, max_flow=6.0, ph_min=4.0, ph_max=5.0, conductivity_max=2.0)
    assert 5 <= values["flow_rate"] <= 6
    assert 4 < values["ph"] < 5
    assert 0 < values["conductivity"] < 2


def test_a_value_that_nobody_can_imagine_is_out_of_service():
    sample, values = simulated(register_map={"flow_rate": 0, "valve": 5})
    assert math.isnan(values["valve"])
    assert sample.status.tolist() == [Status.GOOD_EDITED, Status.BAD_OUT_OF_SERVICE]
