"""The key property: what is said of a sample does not depend on how the stream was cut into batches."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.pydantic_cleaning import PydanticCleaner, Reading
from integrations.messages import Qartod, Status
from integrations.quality import Flag, names, weights_row
from integrations.transformation import CleaningSettings, FlatSamples, Segments, SensorBank, SensorLimits

START = 1_700_000_000_000_000_000
SECOND = 1_000_000_000
NOW = START + 1800 * SECOND
CLEANING = CleaningSettings(
    sensors={
        "s0": SensorLimits(flatline_count=3),
        "s1": SensorLimits(flatline_count=5, rate_of_change_limit=600, deadband=0, stale_after_seconds=1700),
        "s2": SensorLimits(flatline_count=0, rate_of_change_limit=0, non_negative=False, min_valid=-10),
    }
)

values = st.sampled_from(
    [0.0, 0.0, 0.005, 10.0, 10.0, 10.005, 10.009, 10.018, 10.5, 11.2, 13.0, 60.0, 600.0, -1.0, None]
)
odd_values = st.sampled_from([float("inf"), float("-inf"), float("nan"), 1e308])
statuses = st.sampled_from([0, 0, 0, 0, 0, 0x40000000, 0x40900000, 0x808C0000, 0x00DC0000, 0xC0000000])
steps = st.sampled_from([1, 1, 1, 1, 1, 60, 0, -5, 4000])
samples = st.lists(
    st.tuples(st.integers(0, 2), steps, values | odd_values, statuses), min_size=1, max_size=80
)
calm = st.lists(st.tuples(st.integers(0, 2), st.just(1), values, st.just(0)), min_size=1, max_size=80)


def bank_of(cleaning=CLEANING):
    bank = SensorBank()
    for sensor in range(3):
        limits = cleaning.resolve(f"s{sensor}", "flow_rate", "t/hr").limits
        assert bank.add(limits, weights_row("flow_rate")) == sensor
    return bank


def timeline(drawn):
    """Give each drawn sample a time: steps are taken from the sensor's own last time."""
    clocks = {0: START, 1: START + 7, 2: START - 3}
    rows = []
    for sensor, step, value, status in drawn:
        stamp = clocks[sensor] + step * SECOND
        if stamp <= NOW + 5 * SECOND:
            clocks[sensor] = max(clocks[sensor], stamp)
        rows.append((sensor, stamp, value, status))
    return rows


def flat(rows):
    return FlatSamples(
        segments=Segments(np.array([row[0] for row in rows], dtype=np.intp)),
        time=np.array([row[1] for row in rows], dtype=np.int64),
        value=np.array([row[2] for row in rows], dtype=np.float64),
        status=np.array([row[3] for row in rows], dtype=np.uint32),
        flags=np.zeros(len(rows), dtype=np.uint16),
    )


def said(bank, rows, cuts=()):
    """Return the verdict on each row, with the stream cut before the given rows."""
    verdicts = [None] * len(rows)
    edges = [0, *sorted(set(cuts) & set(range(1, len(rows)))), len(rows)]
    for first, end in itertools.pairwise(edges):
        order = sorted(range(first, end), key=lambda at: rows[at][0])
        clean = bank.process(flat([rows[at] for at in order]), NOW)
        columns = (clean.flags, clean.status, clean.quality, clean.qartod, clean.value)
        for at, *verdict in zip(order, *(column.tolist() for column in columns), strict=True):
            verdicts[at] = tuple(map(str, verdict))
    return verdicts


def said_by_loop(rows):
    loop = PydanticCleaner(CLEANING, lambda: NOW)
    cleaned = loop.clean(
        [
            Reading(
                sensor_id=f"s{sensor}",
                quantity="flow_rate",
                unit="t/hr",
                time=time,
                value=value,
                status=status,
            )
            for sensor, time, value, status in rows
        ]
    )
    return [
        (
            str(one.flags),
            str(int(one.status)),
            str(one.quality),
            str(int(one.qartod)),
            "nan" if one.value is None else str(one.value),
        )
        for one in cleaned
    ]


@given(samples | calm, st.sets(st.integers(1, 79)))
@settings(max_examples=300)
@example([(0, 1, 10.0, 0)] * 5, {1, 2, 3, 4})
def test_cutting_a_stream_into_other_batches_changes_nothing(drawn, cuts):
    rows = timeline(drawn)
    whole = said(bank_of(), rows)
    assert said(bank_of(), rows, cuts) == whole
    assert said(bank_of(), rows, range(len(rows))) == whole


@given(samples | calm, st.sets(st.integers(1, 79)))
@settings(max_examples=300)
@example([(0, 1, 10.0, 0), *[(0, 1, 600.0, 0)] * 3, (0, 1, 10.0, 0)], {2})
@example([(0, 1, 0.0, 0)] * 5, {2})
@example([(0, 1, 0.005, 0)] * 3 + [(0, 1, 0.0, 0)] * 3 + [(0, 1, 0.005, 0)] * 3, {2, 5})
def test_arrays_say_what_a_plain_loop_says(drawn, cuts):
    rows = timeline(drawn)
    assert said(bank_of(), rows, cuts) == said_by_loop(rows)


@given(samples)
@settings(max_examples=100)
def test_nothing_without_a_finite_good_value_is_of_good_quality(drawn):
    rows = timeline(drawn)
    clean = bank_of().process(flat(sorted(rows, key=lambda row: row[0])), NOW)
    unusable = ~np.isfinite(clean.value)
    assert not (clean.quality[unusable] > 0).any()
    assert not (clean.qartod[unusable] == Qartod.GOOD).any()
    assert not np.isinf(clean.value).any()


def course(*values, step=1, sensor=0, start=START):
    return [(sensor, start + at * step * SECOND, value, 0) for at, value in enumerate(values)]


def flags_of(bank, rows):
    return [names(mask) for mask in bank.process(flat(rows), NOW).flags.tolist()]


def test_a_spike_costs_one_flag_and_the_return_none():
    assert flags_of(bank_of(), course(10.0, 10.2, 40.0, 10.1, 10.3)) == [[], [], ["RATE_OF_CHANGE"], [], []]


def test_a_step_that_stays_is_accepted_once_it_could_have_been_reached():
    found = flags_of(bank_of(), course(*[10.0, 10.4, 12.0, 12.2, 12.4, 12.6, 12.8], step=1))
    # At 50 t/hr per minute it takes 2.4 s from 10.4 to 12.4: the third second is the first in reach.
    assert found == [[], [], ["RATE_OF_CHANGE"], ["RATE_OF_CHANGE"], [], [], []]


def test_a_change_within_the_deadband_is_noise_however_short_the_time():
    rows = [(0, START + at * 1_000_000, value, 0) for at, value in enumerate((10.0, 10.9, 10.0, 12.0))]
    assert flags_of(bank_of(), rows) == [[], [], [], ["RATE_OF_CHANGE"]]


def test_a_bad_sample_is_never_what_later_changes_are_measured_from():
    rows = [(0, START, 10.0, 0), (0, START + SECOND, 40.0, 0x808C0000), (0, START + 2 * SECOND, 10.1, 0)]
    clean = bank_of().process(flat(rows), NOW)
    assert clean.flags.tolist() == [0, Flag.SENSOR_STATUS_BAD, 0]
    assert np.isnan(clean.value[1])
    assert clean.status[1] == Status.BAD_SENSOR_FAILURE


def test_readings_that_do_not_move_are_flagged_from_the_full_row_on():
    found = flags_of(bank_of(), course(10.0, 10.004, 10.001, 10.002, 10.5, 10.501, 10.502))
    assert [("FLATLINE" in one) for one in found] == [False, False, True, True, False, False, True]


def test_a_shut_meter_is_neither_still_nor_stuck_at_its_limit():
    bank = bank_of()
    assert flags_of(bank, course(*[0.0] * 8)) == [[]] * 8
    assert flags_of(bank, course(*[0.005] * 3, start=START + 9 * SECOND))[-1] == ["FLATLINE", "AT_LIMIT"]


def test_a_zero_that_may_be_passed_is_a_flatline():
    bank = SensorBank()
    limits = SensorLimits(flatline_count=3, flatline_tolerance=0.01, min_valid=-5.0, max_valid=5.0)
    bank.add(limits.over(CLEANING.resolve("x", "ph", "pH").limits))
    assert flags_of(bank, course(0.0, 0.0, 0.0))[-1] == ["FLATLINE"]


def test_a_slow_ramp_is_no_flatline():
    assert not any(flags_of(bank_of(), course(*(10.0 + 0.006 * at for at in range(20)))))


def test_old_and_equal_times_are_flagged_not_dropped():
    rows = [(0, START + second * SECOND, 10.0 + second, 0) for second in (5, 3, 5, 6)]
    clean = bank_of().process(flat(rows), NOW)
    assert [names(mask) for mask in clean.flags.tolist()] == [[], ["OUT_OF_ORDER"], ["DUPLICATE"], []]
    assert clean.value.tolist() == [15.0, 13.0, 15.0, 16.0]


def test_a_time_in_the_future_spoils_nothing_that_follows():
    rows = [(0, START, 10.0, 0), (0, NOW + 60 * SECOND, 10.1, 0), (0, START + SECOND, 10.2, 0)]
    assert flags_of(bank_of(), rows) == [[], ["FUTURE"], []]


def test_an_old_reading_is_flagged_when_it_arrives():
    assert flags_of(bank_of(), course(10.0, 10.5, sensor=1, start=NOW - 1701 * SECOND)) == [["STALE"], []]


def test_a_silent_sensor_is_reported_once_per_silence():
    bank = bank_of()
    for second in range(10):
        bank.process(flat(course(10.0 + second / 10, start=START + second * SECOND)), START + second * SECOND)
    last = START + 9 * SECOND
    assert bank.newly_silent(last + 2 * SECOND).tolist() == []
    assert bank.newly_silent(last + 4 * SECOND).tolist() == [0]
    assert bank.newly_silent(last + 5 * SECOND).tolist() == []
    bank.process(flat(course(11.0, start=last + 9 * SECOND)), last + 9 * SECOND)
    assert bank.newly_silent(last + 10 * SECOND).tolist() == []
    assert bank.newly_silent(last + 30 * SECOND).tolist() == [0]


def test_a_sensor_that_repeats_its_last_reading_falls_silent():
    bank = bank_of()
    for second in range(300):
        bank.process(flat(course(10.0)), START + second * SECOND)
    assert bank.newly_silent(START + 300 * SECOND).tolist() == [0]


def test_an_interval_is_learned_in_spite_of_a_gap():
    bank = bank_of()
    times = [0, 2, 4, 6, 306, 308, 310, 312]
    bank.process(flat([(0, START + second * SECOND, 10.0, 0) for second in times]), NOW)
    assert bank.intervals_ns(np.array([0])).tolist() == [2 * SECOND]
    assert bank.intervals_ns(np.array([1])).tolist() == [60 * SECOND]


def test_a_configured_interval_goes_before_the_learned_one():
    bank = SensorBank()
    sensor = bank.add(SensorLimits(expected_interval_seconds=5))
    assert bank.intervals_ns(np.array([sensor])).tolist() == [5 * SECOND]


def test_a_forgotten_sensor_is_new_when_it_comes_again():
    bank = bank_of()
    bank.process(flat(course(10.0, 10.0, 10.0, 10.0)), NOW)
    bank.forget(0)
    assert len(bank) == 2
    limits = CLEANING.resolve("s0", "flow_rate", "t/hr").limits
    assert bank.add(limits, weights_row("flow_rate")) == 0
    assert flags_of(bank, course(400.0, 400.0)) == [[], []]


def test_many_sensors_have_room():
    bank = SensorBank()
    sensors = [bank.add(SensorLimits(min_valid=float(at))) for at in range(1000)]
    assert sensors == list(range(1000))
    assert bank.lowest[:1000].tolist() == [float(at) for at in range(1000)]


@pytest.mark.parametrize("length", [1, 63, 64, 65, 200])
def test_a_row_of_the_longest_kind_is_seen_in_any_batch_size(length):
    bank = SensorBank()
    sensor = bank.add(SensorLimits(flatline_count=64, flatline_tolerance=0.01))
    rows = course(*[5.0] * 200, sensor=sensor)
    found = [name for first in range(0, 200, length) for name in flags_of(bank, rows[first : first + length])]
    assert found == [[]] * 63 + [["FLATLINE"]] * 137
