"""Meters see the plant through noise and through the faults that are switched on."""

from statistics import mean, pstdev

import pytest

from integrations.configuration import ConfigurationError
from integrations.simulation import (
    POINTS,
    FaultKind,
    Instruments,
    PlantFault,
    SteamPlant,
    UnitCondition,
    parse_fault,
)


def instruments(*texts, seed=1, **options):
    return Instruments(SteamPlant(seed), [parse_fault(text) for text in texts], **options)


def course(meters, quantity, seconds, point="process_a"):
    readings = {}
    for tick in range(meters.plant.tick, int(seconds * 10) + 1):
        meters.advance(tick / 10)
        readings[tick / 10] = meters.read(point)[quantity]
    return readings


def test_a_healthy_meter_shows_the_truth_with_little_noise():
    meters = instruments()
    errors = []
    for tick in range(300):
        meters.advance(tick / 10)
        true = meters.plant.values("process_a")
        measured = meters.read("process_a")
        errors.append(measured["flow_rate"] / true.flow_rate - 1)
        assert measured["totalizer"] == pytest.approx(true.totalizer - 0.005, abs=0.006)
        assert measured["pressure"] == pytest.approx(true.pressure, abs=0.06)
        assert measured["status"] == measured["alarm"] == 0
    assert abs(mean(errors)) < 0.001
    assert pstdev(errors) == pytest.approx(0.004, rel=0.2)


def test_measured_values_too_depend_on_seed_and_time_only():
    texts = ("noise:process_a.flow_rate@5", "stuck:process_b.pressure@7.25+10", "rollover:process_a@12")
    whole, parts = instruments(*texts), instruments(*texts)
    whole.advance(30.0)
    for seconds in (0.05, 3.0, 7.2, 7.31, 19.99, 30.0):
        parts.advance(seconds)
        parts.read("process_a")
    assert [whole.read(point) for point in POINTS] == [parts.read(point) for point in POINTS]


def test_noise_widens_the_readings_while_it_lasts():
    readings = course(instruments("noise:process_a.flow_rate@10+20=0.2"), "flow_rate", 45)
    before, during, after = (
        pstdev(value for seconds, value in readings.items() if start <= seconds < end)
        for start, end in [(0, 10), (10, 30), (30, 45)]
    )
    assert during > 5 * max(before, after)


def test_a_spike_multiplies_one_second_of_readings():
    meters, healthy = instruments("spike:process_a.flow_rate@3"), instruments()
    spiked, truth = course(meters, "flow_rate", 6), course(healthy, "flow_rate", 6)
    ratios = {seconds: spiked[seconds] / truth[seconds] for seconds in spiked}
    assert [seconds for seconds, ratio in ratios.items() if ratio > 1.5] == [3 + n / 10 for n in range(10)]
    assert ratios[3.5] == pytest.approx(4.0)


def test_a_stuck_sensor_repeats_its_last_reading_and_recovers():
    readings = course(instruments("stuck:process_a.temperature@2+3"), "temperature", 6)
    assert len({value for seconds, value in readings.items() if 2 <= seconds < 5}) == 1
    assert len({value for seconds, value in readings.items() if seconds >= 5}) > 1


def test_drift_grows_with_time():
    drifting, healthy = instruments("drift:process_a.pressure@0=-0.1"), instruments()
    for meters in (drifting, healthy):
        meters.advance(120.0)
    ratio = drifting.read("process_a")["pressure"] / healthy.read("process_a")["pressure"]
    assert ratio == pytest.approx(0.8)


def test_the_totaliser_jumps_to_its_margin_and_rolls_over_once():
    readings = course(instruments("rollover:process_a@5=0.05"), "totalizer", 40)
    assert readings[5.0] == pytest.approx(10_000_000 - 0.05, abs=0.011)
    falls = [seconds for seconds in readings if seconds > 5 and readings[seconds] < 1]
    assert 15 < falls[0] < 30
    assert max(readings.values()) <= 9_999_999.99
    assert readings[40.0] == pytest.approx(11 * 40 / 3600 - 0.05, abs=0.1)


def test_a_totaliser_of_whole_tonnes_never_shows_its_modulus():
    meters = instruments("rollover:process_a@1=0.02", totalizer_resolution=1.0)
    readings = course(meters, "totalizer", 20)
    assert {value for seconds, value in readings.items() if seconds >= 1} == {9_999_999.0, 0.0}


def test_a_restart_keeps_the_totaliser_or_resets_it():
    kept = course(instruments("restart:process_a@5+2"), "totalizer", 10)
    reset = course(instruments("restart:process_a@5+2=1"), "totalizer", 10)
    assert kept[10.0] > kept[4.9] > 1000
    assert reset[4.9] == kept[4.9]
    assert 0.01 <= reset[10.0] < 0.05


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("dead:process_a@5+10", UnitCondition(silent=True)),
        ("slow:process_a@5+10=0.7", UnitCondition(delay_seconds=0.7)),
        ("exception:process_a@5+10", UnitCondition(exception_code=4)),
        ("exception:process_a@5+10=6", UnitCondition(exception_code=6)),
        ("restart:process_a@5+10", UnitCondition(restarting=True)),
    ],
)
def test_a_fault_of_the_device_is_a_condition_of_its_unit_only(text, condition):
    meters = instruments(text)
    seen = []
    for seconds in (4.9, 5.0, 14.9, 15.0):
        meters.advance(seconds)
        seen.append(meters.condition("process_a"))
        assert meters.condition("process_b") == UnitCondition()
    assert seen == [UnitCondition(), condition, condition, UnitCondition()]


def test_faults_without_a_duration_last():
    meters = instruments("dead:process_b@1")
    meters.advance(3600.0)
    assert meters.condition("process_b").silent


def test_every_unknown_point_is_named_at_once():
    faults = [PlantFault(FaultKind.DEAD, "boiler"), PlantFault(FaultKind.STUCK, "pump.pressure")]
    with pytest.raises(ConfigurationError, match=r"process_a.*got 'boiler'") as caught:
        Instruments(SteamPlant(), faults)
    assert {fault.value for fault in caught.value.faults} == {"boiler", "pump.pressure"}
