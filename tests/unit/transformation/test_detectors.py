"""Detectors find what they are named after, leave the rest alone, and say when they cannot fire."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from integrations.quality import Flag
from integrations.transformation import FlatSamples, Segments, SensorBank, SensorLimits
from integrations.transformation.detectors import (
    OUTLIER_METHODS,
    after_gap,
    flatline,
    hampel,
    inconsistent,
    isolation,
    modified_zscore,
    noise_change,
    outliers,
    rate_of_change,
    sampling_interval_ns,
    stuck_at_limit,
    zscore,
)
from integrations.transformation.errors import InvalidArgumentError, UnknownMethodError

SECOND = 1_000_000_000
HANDBOOK = np.array([100.0, 102.0, 500.0, np.nan, 105.0])
any_values = arrays(
    np.float64, st.integers(0, 40), elements=st.floats(allow_nan=True, allow_infinity=True, width=32)
)


def positions(mask):
    return np.flatnonzero(mask).tolist()


@pytest.mark.parametrize("method", OUTLIER_METHODS)
@pytest.mark.parametrize("threshold", [2.5, 3.0])
def test_every_method_finds_500_among_100_102_and_105(method, threshold):
    assert positions(outliers(HANDBOOK, method, threshold).found) == [2]


@pytest.mark.parametrize("method", OUTLIER_METHODS)
def test_every_method_leaves_what_is_regular_alone(method):
    assert not outliers(np.full(50, 7.25), method).found.any()
    assert not outliers(np.sin(np.arange(500) / 20), method).found.any()
    assert not outliers(np.arange(100.0), method).found.any()


@pytest.mark.parametrize("method", OUTLIER_METHODS)
def test_every_method_finds_a_spike_on_a_still_line_and_in_noise(method):
    still = np.full(30, 100.0)
    still[17] = 500.0
    assert positions(outliers(still, method).found) == [17]
    noisy = np.random.default_rng(3).normal(10.0, 0.1, 2000)
    spikes = [5, 700, 1500]
    noisy[spikes] += [3.0, -4.0, 5.0]
    assert set(spikes) <= set(positions(outliers(noisy, method, 6.0).found))


@pytest.mark.parametrize("method", OUTLIER_METHODS)
@pytest.mark.parametrize("values", [[], [1.0], [1.0, 500.0], [np.nan] * 9])
def test_too_few_values_are_nobodys_outliers_and_the_verdict_says_so(method, values):
    verdict = outliers(np.array(values), method)
    assert not verdict.found.any()
    assert not verdict.can_fire
    assert "values" in verdict.note


@settings(max_examples=60)
@given(any_values, st.sampled_from(list(OUTLIER_METHODS)))
def test_no_array_breaks_a_detector_and_nothing_missing_is_found(values, method):
    with np.errstate(all="ignore"):
        found = outliers(values, method).found
    assert found.size == values.size
    assert not found[~np.isfinite(values)].any()


@pytest.mark.parametrize("threshold", [0, -1.0, float("nan"), float("inf"), "3"])
def test_a_threshold_that_is_no_number_above_zero_is_refused_by_name(threshold):
    for method in OUTLIER_METHODS:
        with pytest.raises(InvalidArgumentError, match="threshold"):
            outliers(HANDBOOK, method, threshold)


def test_an_unknown_method_is_told_the_known_ones():
    with pytest.raises(UnknownMethodError, match=r"'sigma'.*zscore, iqr, isolation, mad, hampel"):
        outliers(HANDBOOK, "sigma")


@pytest.mark.parametrize("count", [4, 11, 12, 60, 100, 400])
def test_zscore_can_fire_at_every_size_and_threshold(count):
    values = np.random.default_rng(count).normal(0.0, 1.0, count)
    values[count // 2] = 1e4
    for threshold in (2.5, 3.0, 9.0, 30.0):
        assert positions(zscore(values, threshold).found) == [count // 2], threshold


def test_zscore_of_many_values_is_the_textbooks():
    values = np.random.default_rng(0).normal(5.0, 2.0, 5000)
    expected = np.abs(values - values.mean()) / values.std(ddof=1) > 2.0
    assert (zscore(values, 2.0).found == expected).all()


def test_the_sensors_resolution_keeps_its_flicker_from_being_an_outlier():
    flicker = np.full(40, 20.0)
    flicker[7] = 20.1
    assert positions(modified_zscore(flicker).found) == [7]
    assert not modified_zscore(flicker, resolution=0.1).found.any()
    flicker[21] = 20.1  # a step that comes back is the sensor's own
    assert not modified_zscore(flicker).found.any()


def test_hampel_with_a_floor_finds_all_spikes_and_nothing_else():
    chance = np.random.default_rng(11)
    values = 10 + np.sin(np.arange(100_000) / 500) + chance.normal(0.0, 0.05, 100_000)
    spikes = chance.choice(100_000, 200, replace=False)
    values[spikes] += chance.choice([-2.0, 2.0], 200)
    found = hampel(values, 5.0, resolution=0.06).found
    assert positions(found) == sorted(spikes.tolist())


def test_isolation_gives_the_same_verdict_each_time_and_is_not_blinded_by_a_monster():
    values = np.random.default_rng(5).normal(0.0, 1.0, 3000)
    values[[10, 20, 30]] = [1e12, 40.0, -40.0]
    first, second = isolation(values, 5.0), isolation(values, 5.0)
    assert (first.found == second.found).all()
    assert {10, 20, 30} <= set(positions(first.found))
    assert first.found.sum() < 10


@settings(max_examples=60)
@given(st.lists(st.integers(0, 3), max_size=40), st.integers(2, 6), st.sampled_from([0.0, 1.0]))
def test_flatline_and_rate_agree_with_the_stream(steps, count, tolerance):
    value, time = np.array(steps, np.float64), (np.arange(len(steps)) + 1) * SECOND
    bank = SensorBank()
    bank.add(
        SensorLimits(
            flatline_count=count, flatline_tolerance=tolerance, rate_of_change_limit=60.0, deadband=0.5
        )
    )
    flat = FlatSamples(
        segments=Segments(np.zeros(value.size, np.intp)),
        time=time,
        value=value,
        status=np.zeros(value.size, np.uint32),
        flags=np.zeros(value.size, np.uint16),
    )
    flags = bank.process(flat, 10**12).flags
    assert (flatline(value, count, tolerance) == (flags & Flag.FLATLINE != 0)).all()
    assert (rate_of_change(value, time, 60.0, 0.5) == (flags & Flag.RATE_OF_CHANGE != 0)).all()


def test_a_sensor_stuck_at_either_limit_is_found_after_so_many_samples():
    values = np.array([20.0, 20.0, 20.0, 19.0, 4.0, 4.001, 20.0, np.nan, 20.0])
    assert positions(stuck_at_limit(values, 4.0, 20.0, 2, 0.01)) == [
        1,
        2,
        5,
        8,
    ]  # what is missing is passed over


def test_noise_that_grows_is_found_but_not_a_slope():
    chance = np.random.default_rng(1)
    values = np.linspace(0.0, 50.0, 600) + chance.normal(0.0, 0.1, 600)
    assert not noise_change(values).any()
    values[400:] += chance.normal(0.0, 1.0, 200)
    found = positions(noise_change(values))
    assert 400 < found[0] < 430
    assert found[-1] == 599


def test_a_gap_is_measured_by_the_sensors_own_rate():
    time = np.array([0, 1, 2, 3, 9, 10, 11]) * SECOND
    assert sampling_interval_ns(time) == SECOND
    assert positions(after_gap(time)) == [4]
    assert not after_gap(time[:1]).any()
    assert np.isnan(sampling_interval_ns(time[:1]))


def test_of_three_sensors_the_odd_one_is_found_of_two_both():
    values = np.array([[10.0, 10.0, 10.0], [10.1, 10.1, np.nan], [12.0, np.nan, np.nan]])
    assert inconsistent(values, 0.5).tolist() == [[False] * 3, [False] * 3, [True, False, False]]
    assert inconsistent(values[[0, 2]], 0.5).tolist() == [[True, False, False]] * 2
    with pytest.raises(InvalidArgumentError, match="tolerance"):
        inconsistent(values, -1.0)
