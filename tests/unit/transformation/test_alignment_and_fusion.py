"""Series at other times and in intervals; several sensors made one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.transformation.alignment import AGGREGATIONS, ALIGNMENT_METHODS, Bins, align
from integrations.transformation.errors import InvalidArgumentError, UnknownMethodError
from integrations.transformation.fusion import (
    best_quality,
    kalman,
    noise_variance,
    voting,
    weighted_average,
)

NAN = float("nan")
SECOND = 1_000_000_000


def times(*seconds):
    return np.array([round(second * SECOND) for second in seconds], np.int64)


@pytest.mark.parametrize(
    ("method", "values", "factors"),
    [
        ("linear", [10.0, 10.0, 14.0, 20.0, 30.0], [0.85, 1.0, 0.9, 1.0, 0.85]),
        ("nearest", [10.0, 10.0, 10.0, 20.0, 30.0], [0.95, 1.0, 0.95, 1.0, 0.95]),
        ("previous", [NAN, 10.0, 10.0, 20.0, 30.0], [0.0, 1.0, 0.9, 1.0, 0.9]),
        ("next", [10.0, 10.0, 20.0, 20.0, NAN], [0.9, 1.0, 0.9, 1.0, 0.0]),
    ],
)
def test_values_at_other_times(method, values, factors):
    # Unsorted, one time twice of which the first counts, one value missing.
    time, value = times(2, 1, 3, 2, 2.5), np.array([20.0, 10.0, 30.0, 99.0, NAN])
    found = align(time, value, times(0, 1, 1.4, 2, 4), method)
    assert found.value == pytest.approx(values, nan_ok=True)
    assert found.factor.tolist() == factors


@pytest.mark.parametrize("method", ALIGNMENT_METHODS)
def test_nothing_to_align_gives_nothing_at_every_time(method):
    for time, value in ((times(), np.array([])), (times(1), np.array([NAN]))):
        found = align(time, value, times(1, 2), method)
        assert np.isnan(found.value).all()
        assert found.factor.tolist() == [0.0, 0.0]
    assert align(times(1), np.array([1.0]), times(), method).value.size == 0


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.integers(-50, 50), st.floats(-100, 100)), max_size=20),
    st.lists(st.integers(-60, 60), max_size=10),
)
def test_linear_is_numpys_on_sorted_and_distinct_times(points, targets):
    distinct = sorted(dict(reversed(points)).items())
    time = np.array([second for second, _ in points], np.int64)
    value = np.array([number for _, number in points])
    found = align(time, value, np.array(targets, np.int64)).value
    if points:
        expected = np.interp(targets, [t for t, _ in distinct], [v for _, v in distinct])
        assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [
        ("mean", [2.5, NAN, 5.0]),
        ("median", [2.5, NAN, 5.0]),
        ("max", [4.0, NAN, 5.0]),
        ("min", [1.0, NAN, 5.0]),
        ("sum", [5.0, NAN, 5.0]),
    ],
)
def test_intervals_begin_at_whole_multiples_and_empty_ones_stay_empty(aggregation, expected):
    bins = Bins(times(3.0, 1.2, 1.9, 1.0), SECOND)
    assert bins.time.tolist() == times(1, 2, 3).tolist()
    value = bins.aggregate(np.array([5.0, 4.0, 1.0, NAN]), aggregation)
    assert value == pytest.approx(expected, nan_ok=True)
    flags = bins.combine(np.array([0, 1, 4, 8], np.uint32), np.array([True, True, True, False]))
    assert flags.tolist() == [5, 0, 0]
    assert bins.firsts().tolist() == [1, -1, 0]


def test_what_cannot_be_meant_is_refused_by_name():
    with pytest.raises(UnknownMethodError, match=r"'cubic'.*linear, nearest, previous, next"):
        align(times(1), np.array([1.0]), times(1), "cubic")
    with pytest.raises(UnknownMethodError, match=r"'mode'.*mean, median"):
        Bins(times(1), SECOND).aggregate(np.array([1.0]), "mode")
    with pytest.raises(InvalidArgumentError, match="interval"):
        Bins(times(1), 0)
    with pytest.raises(InvalidArgumentError, match="more than"):
        Bins(times(0, 1e9), SECOND)
    for aggregation in AGGREGATIONS:
        assert Bins(times(), SECOND).aggregate(np.array([]), aggregation).size == 0


def test_the_weighted_average_leans_on_the_surest():
    values = np.array([[10.0, 10.0, NAN], [13.0, 13.0, NAN]])
    fused = weighted_average(values, np.array([1.0, 2.0]), np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 1.0]]))
    assert fused.value == pytest.approx([11.0, 13.0, NAN], nan_ok=True)
    assert fused.variance[:2] == pytest.approx([2 / 3, 2.0])
    assert fused.used.tolist() == [2, 1, 0]


def test_kalman_is_nearer_the_truth_than_any_sensor_or_their_mean_and_smoothed_nearer_still():
    chance = np.random.default_rng(6)
    truth = 10 + np.cumsum(chance.normal(0.0, 0.02, 3000))
    deviations = np.array([0.2, 0.4, 0.8])
    values = truth + chance.normal(0.0, 1.0, (3, 3000)) * deviations[:, np.newaxis]
    variance = noise_variance(values)
    assert np.sqrt(variance) == pytest.approx(deviations, rel=0.15)
    told = np.arange(3000) * SECOND, variance, np.ones(values.shape)
    filtered, smoothed = kalman(values, *told, smooth=False), kalman(values, *told)

    def error(found):
        return np.sqrt(np.mean((found - truth)[100:-100] ** 2))

    assert error(filtered.value) < 0.6 * min(error(values[0]), error(values.mean(axis=0)))
    assert error(smoothed.value) < 0.8 * error(filtered.value)
    assert smoothed.value[-1] == filtered.value[-1]
    # It knows how sure it is: the mean squared error is what it claims.
    for fused in (filtered, smoothed):
        assert error(fused.value) ** 2 == pytest.approx(fused.variance[100:-100].mean(), rel=0.5)


def test_the_kalman_filter_predicts_over_gaps_and_grows_unsure():
    values = np.array([[NAN, 5.0, NAN, NAN, 5.0]])
    fused = kalman(values, np.arange(5) * SECOND, np.array([0.1]), np.ones((1, 5)), 0.01, smooth=False)
    assert fused.value == pytest.approx([NAN, 5.0, 5.0, 5.0, 5.0], nan_ok=True)
    assert fused.variance[3] > fused.variance[2] > fused.variance[1] > fused.variance[4]


def test_voting_takes_the_majority_or_nothing():
    values = np.array([[10.0, 10.0, 1.0, NAN], [10.2, 20.0, NAN, NAN], [50.0, 30.0, NAN, NAN]])
    fused = voting(values, 0.5)
    assert fused.value == pytest.approx([10.1, NAN, 1.0, NAN], nan_ok=True)
    assert fused.used.tolist() == [2, 0, 1, 0]
    with pytest.raises(InvalidArgumentError, match="tolerance"):
        voting(values, -0.1)


def test_best_quality_takes_one_sensors_word():
    values = np.array([[1.0, NAN, 1.0], [2.0, 2.0, 2.0]])
    weight = np.array([[0.9, 0.9, 0.5], [0.5, 0.5, 0.5]])
    assert best_quality(values, np.array([2.0, 1.0]), weight).value.tolist() == [1.0, 2.0, 2.0]
