"""Where arrays take a short cut, the long way round says the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.transformation import Segments, checks
from integrations.transformation.detectors import hampel, sampling_interval_ns
from integrations.transformation.detectors.scales import MAD_TO_SIGMA
from integrations.transformation.gaps import missing_runs

STEPS = st.lists(st.sampled_from([0.0, 0.0, 0.001, 0.2, -0.3, 5.0, -5.0]), min_size=1, max_size=60)


def hampel_one_by_one(value, threshold, floor, half=5):
    width = min(2 * half + 1, value.size - 1 + value.size % 2)
    found = []
    for at in range(value.size):
        row = min(max(at - width // 2, 0), value.size - width)
        window = value[row : row + width]
        median = np.median(window)
        scale = max(MAD_TO_SIGMA * np.median(np.abs(window - median)), floor)
        found.append(abs(value[at] - median) > threshold * scale)
    return found


@pytest.mark.parametrize("resolution", [1e-3, 0.02, 0.05, 0.2, 3.0])
@pytest.mark.parametrize("threshold", [1.0, 3.0, 6.0])
def test_hampel_sorts_no_window_that_mattered(resolution, threshold):
    chance = np.random.default_rng(int(1000 * resolution))
    value = np.cumsum(chance.normal(0, 0.02, 3000)) + chance.normal(0, 0.05, 3000)
    value[::97] += chance.normal(0, 2, value[::97].size)
    value[1500:] += 4
    value[[0, 1, -1, -4]] += 3
    found = hampel(value, threshold, resolution).found
    assert found.tolist() == hampel_one_by_one(value, threshold, resolution)
    assert found.any() == (threshold * resolution < 9)


def test_hampel_finds_its_places_again_among_missing_values():
    value = np.sin(np.arange(500) / 20)
    value[[40, 41, 43, 300]] = np.nan
    value[[42, 200, 499]] = 9
    assert np.flatnonzero(hampel(value, 3.0, 0.1).found).tolist() == [42, 200, 499]


@given(st.integers(1, 40), st.integers(0, 5), st.data())
def test_segments_of_one_sensor_are_those_of_a_column_of_it(size, sensor, data):
    long, short = Segments(np.full(size, sensor)), Segments.of_one(size, sensor)
    assert (long.one_each, long.pick) == (short.one_each, short.pick)
    for name in set(Segments.__slots__) - {"one_each", "pick"}:
        assert getattr(long, name).tolist() == getattr(short, name).tolist(), name
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    assert short.last_of_each(mask).tolist() == long.latest(mask)[long.lasts].tolist()
    assert short.tail(7).tolist() == list(range(max(0, size - 7), size))
    assert short.subset(mask).sensor.tolist() == long.sensor[mask].tolist()
    assert short.spread(np.array([2.5])).tolist() == [2.5] * size


@pytest.mark.parametrize(
    "sensors", [[], [3], [3, 4, 5], [5, 4, 3], [3, 5, 4, 6], [0, 2, 3], [3, 3, 4, 4, 5], [2, 9], [0, 1]]
)
def test_sensors_are_picked_by_a_slice_or_one_by_one(sensors):
    segments, everywhere = Segments(np.array(sensors, dtype=np.intp)), np.arange(20.0)
    assert everywhere[segments.pick].tolist() == everywhere[segments.sensors].tolist()
    assert segments.one_each == (0 < len(sensors) == len(set(sensors)))


@given(STEPS, st.lists(st.booleans(), min_size=60, max_size=60), st.sampled_from([0.0, 0.25, 1.0]))
def test_a_rate_is_judged_as_one_sample_after_the_other_would_be(steps, trusted, deadband):
    value, time = np.cumsum(steps), np.arange(len(steps)) * 1_000_000_000
    trust = np.array(trusted[: value.size])
    course = checks.Course(value, time, np.full(value.size, 30.0), np.full(value.size, deadband))
    found = checks.rate_of_change(
        course, trust, Segments(np.zeros(value.size, np.intp)),
        last_value=np.array([np.nan]), last_time=np.array([-1]),
    )  # fmt: skip
    expected, good = [], None
    for at in range(value.size):
        allowed = 0 if good is None else max(deadband, 30.0 * (time[at] - time[good]) / 60e9)
        expected.append(good is not None and bool(abs(value[at] - value[good]) > allowed))
        if trust[at] and not expected[-1]:
            good = at
    assert found.tolist() == expected


@given(st.lists(STEPS, min_size=1, max_size=4), st.integers(0, 9))
def test_still_runs_are_counted_as_one_by_one(columns, carried):
    values = [np.cumsum(steps) for steps in columns]
    segments = Segments(np.repeat(np.arange(len(values)), [one.size for one in values]))
    flat = np.concatenate(values)
    last = np.array([one[0] + 0.0005 * (at % 2 * 99 + 1) for at, one in enumerate(values)])
    run = checks.still_run(
        flat, segments, np.full(flat.size, 0.01), last_value=last, run_before=np.full(len(values), carried)
    )
    expected = []
    for one, before in zip(values, last, strict=True):
        count, former = carried, before
        for number in one:
            count = count + 1 if abs(number - former) <= 0.01 else 1
            former = number
            expected.append(count)
    assert run.tolist() == expected


@given(st.lists(st.booleans(), max_size=40), st.sampled_from([None, 0, 1, 3]))
def test_runs_of_missing_values_have_their_ends(missing, longest):
    runs = missing_runs(np.array(missing, dtype=bool), longest)
    for at, before, after in zip(runs.at, runs.before, runs.after, strict=True):
        assert all(missing[before + 1 : after])
        assert before < at < after
        assert before < 0 or not missing[before]
        assert after == len(missing) or not missing[after]
        assert longest is None or after - before - 1 <= longest
    if longest is None:
        assert runs.at.tolist() == np.flatnonzero(missing).tolist()


@pytest.mark.parametrize(
    ("seconds", "interval"),
    [([0, 1, 2, 3, 9], 1), ([9, 3, 2, 1, 0], 1), ([0, 1, 3, 6], 2), ([5, 5], None), ([], None)],
)
def test_the_interval_is_the_median_step(seconds, interval):
    found = sampling_interval_ns(np.array(seconds, dtype=np.int64) * 1_000_000_000)
    assert np.isnan(found) if interval is None else found == interval * 1_000_000_000
