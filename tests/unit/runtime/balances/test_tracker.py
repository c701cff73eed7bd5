"""A balance over time, fed with the simulated plant's readings: who is named, and what is published."""

import numpy as np
import pytest

from fakes.header import BEGAN, SECOND, SENSORS, SITE, HeaderReadings, clean_reading, header_table
from integrations.configuration import read_table
from integrations.messages import Flag, Origin, Status
from integrations.runtime.balances.config import BalanceConfig
from integrations.runtime.balances.tracker import Tracker
from integrations.runtime.balances.virtual import virtual_batches


def tracker(**more):
    return Tracker(read_table(BalanceConfig, header_table(**more), "balances[0]"))


def run(tracked, plant, seconds, without=(), **fields):
    """Feed a while; return the outcomes."""
    found = []
    for _ in range(seconds):
        for name, value in plant.next().items():
            if name not in without:
                tracked.take(clean_reading(name, plant.time_ns, value=[value], **fields))
        found += tracked.outcomes()
    return found


def named(tracked, outcomes):
    """Return plant seconds and names of the candidates, of all that was named."""
    return [
        ((outcome.period.end_ns - BEGAN) / SECOND, [tracked.balance.names[at] for at in suspicion.candidates])
        for outcome in outcomes
        for suspicion in outcome.change.named
    ]


def published(tracked, outcome):
    batches = virtual_batches(SITE, tracked, outcome)
    return {batch.sensor_id.removeprefix("steam_header-"): batch for batch in batches}


@pytest.mark.parametrize("seed", [3, 4])
def test_a_healthy_plant_suspects_nobody_for_half_an_hour(seed):
    tracked = tracker()
    outcomes = run(tracked, HeaderReadings(seed=seed), 1800)
    assert len(outcomes) == 360
    assert named(tracked, outcomes) == []
    assert all(outcome.agreed for outcome in outcomes)


@pytest.mark.parametrize("percent_a_minute", [0.5, -0.5, 2.0])
def test_a_drifting_pressure_transmitter_is_named_alone_within_minutes(percent_a_minute):
    tracked = tracker()
    drift = f"drift:main_steam_header.pressure@300={percent_a_minute / 100}"
    outcomes = run(tracked, HeaderReadings([drift]), 300 + 240)
    ((at, candidates), *later) = named(tracked, outcomes)
    assert candidates == ["header_pressure"]
    assert later == []
    assert 0 < at - 300 < 240


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ("drift:main_steam_header.temperature@200=0.002", "header_temperature"),
        ("drift:process_a.pressure@200=0.01", "process_a_pressure"),
        ("drift:main_steam_header.flow_rate@200=0.03", "main_flow"),
    ],
)
def test_other_meters_are_named_as_far_as_they_can_be_told_apart(fault, name):
    tracked = tracker()
    (first, *_) = named(tracked, run(tracked, HeaderReadings([fault]), 800))
    assert name in first[1]
    if name != "main_flow":  # one node: any of its flows may be the wrong one
        assert first[1] == [name]


def test_the_virtual_sensor_is_right_while_the_transmitter_is_wrong():
    tracked = tracker()
    plant = HeaderReadings(["drift:main_steam_header.pressure@200=0.01"])
    outcomes = run(tracked, plant, 900)
    virtual = published(tracked, outcomes[-1])["header_pressure"]
    same = HeaderReadings()  # with healthy instruments
    healthy = [same.next()["header_pressure"] + 1.01325 for _ in range(900)][-1]
    (raw,), (value,), (uncertainty,) = virtual.raw_value, virtual.value, virtual.uncertainty
    assert raw - healthy > 0.8
    assert value == pytest.approx(healthy, abs=0.1)
    assert 0.0 < uncertainty < 0.03
    assert virtual.flags == [Flag.ESTIMATED]
    assert virtual.status == [Status.UNCERTAIN_SUBSTITUTE_VALUE]


def test_reconciled_values_obey_the_balance_and_know_better_than_the_meters():
    tracked = tracker()
    (*_, last) = run(tracked, HeaderReadings(), 60)
    readings = published(tracked, last)
    main, a, b, loss = (
        readings[name].value[0] for name in ("main_flow", "process_a_flow", "process_b_flow", "heat_loss")
    )
    assert main == pytest.approx(a + b + loss)
    assert readings["main_flow"].uncertainty[0] < np.hypot(0.05, 0.01 * main)
    assert readings["main_flow"].flags == [0]
    assert readings["main_flow"].quality == [100.0]
    assert (readings["header_pressure"].unit, readings["main_flow"].unit) == ("bara", "t/hr")
    assert readings["main_flow"].time[0] % (5 * SECOND) == 0


def test_a_silent_sensor_is_estimated_and_said_to_be():
    tracked = tracker()
    (*_, last) = run(tracked, HeaderReadings(), 60, without=("process_a_flow",))
    virtual = published(tracked, last)["process_a_flow"]
    assert virtual.value[0] == pytest.approx(10.7, rel=0.1)
    assert virtual.raw_value == [None]
    assert virtual.flags == [Flag.ESTIMATED]
    assert virtual.quality == [70.0]


def test_what_nothing_determines_is_missing_and_never_invented():
    tracked = tracker()
    (*_, last) = run(tracked, HeaderReadings(), 60, without=("process_a_flow", "process_b_flow"))
    virtual = published(tracked, last)["process_a_flow"]
    assert (virtual.value, virtual.uncertainty, virtual.flags) == ([None], [None], [Flag.MISSING])
    assert virtual.status == [Status.BAD]
    assert virtual.quality == [0.0]


def test_a_contradiction_not_yet_named_is_flagged_at_once():
    tracked = tracker()
    (*_, last) = run(tracked, HeaderReadings(["drift:main_steam_header.pressure@30=1.0"]), 60)
    assert tracked.suspects == frozenset()
    assert published(tracked, last)["process_a_pressure"].flags == [Flag.INCONSISTENT]


def test_simulated_readings_make_simulated_balances():
    tracked = tracker()
    fields = {"origin": Origin.SIMULATED, "flags": [int(Flag.SIMULATED)], "status": [int(Status.GOOD_EDITED)]}
    (*_, last) = run(tracked, HeaderReadings(), 60, **fields)
    virtual = published(tracked, last)["main_flow"]
    assert virtual.origin is Origin.SIMULATED
    assert virtual.flags == [Flag.SIMULATED]
    assert virtual.quality[0] < 50.0


@pytest.mark.parametrize(
    "fields",
    [
        {"status": [int(Status.BAD)]},
        {"status": [int(Status.UNCERTAIN)]},
        {"flags": [int(Flag.STALE)]},
        {"value": [None]},
        {"unit": "kg/m3"},
    ],
)
def test_readings_that_are_not_good_are_not_compared(fields):
    tracked = tracker()
    plant = HeaderReadings()
    for _ in range(60):
        for name, value in plant.next().items():
            wrong = fields if name == "main_flow" else {}
            tracked.take(clean_reading(name, plant.time_ns, **{"value": [value], **wrong}))
    *_, last = tracked.outcomes()
    assert np.isnan(last.measured[tracked.balance.names.index("main_flow")])
    assert bool(tracked.inlets[SENSORS["main_flow"][0]].trouble) == ("unit" in fields)


def test_a_state_that_no_steam_can_have_is_missing_with_a_reason():
    tracked = tracker()
    plant = HeaderReadings()
    for _ in range(60):
        for name, value in plant.next().items():
            tracked.take(
                clean_reading(name, plant.time_ns, value=[-3.0 if name == "header_pressure" else value])
            )
    *_, last = tracked.outcomes()
    assert all(batch.value == [None] for batch in virtual_batches(SITE, tracked, last))
    assert tracked.trouble.startswith("steam_header cannot be drawn up: ")
