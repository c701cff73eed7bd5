"""Drift is found soon, noise is not taken for it, and a stream may be cut anywhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.transformation.detectors import Cusum, Ewma, PageHinkley, baseline
from integrations.transformation.errors import InvalidArgumentError

DETECTORS = {
    "cusum": lambda: Cusum(10.0, 0.1, slack=0.5, limit=10.0),
    "page_hinkley": lambda: PageHinkley(tolerance=0.05, limit=2.0),
    "ewma": lambda: Ewma(10.0, 0.1, weight=0.1, limit=5.0),
}


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("slope", [0.002, -0.002])
def test_a_slow_drift_is_found_either_way(name, slope):
    values = np.random.default_rng(4).normal(10.0, 0.1, 1200)
    values[600:] += slope * np.arange(600)
    alarms = DETECTORS[name]().update(values)
    assert not alarms[:600].any()
    assert 600 < np.flatnonzero(alarms)[0] < 850
    assert alarms[-1]


@settings(max_examples=60)
@given(
    st.lists(st.one_of(st.floats(5, 15), st.just(float("nan"))), max_size=60),
    st.integers(0, 60),
    st.sampled_from(list(DETECTORS)),
)
def test_cutting_the_stream_changes_nothing(values, cut, name):
    whole, parts = DETECTORS[name](), DETECTORS[name]()
    array = np.array(values)
    expected = whole.update(array).tolist()
    assert parts.update(array[:cut]).tolist() + parts.update(array[cut:]).tolist() == expected


@pytest.mark.parametrize("name", DETECTORS)
def test_missing_values_change_nothing_and_the_alarm_stands_until_reset(name):
    detector = DETECTORS[name]()
    assert not detector.update(np.full(20, np.nan)).any()
    assert not detector.update(np.full(30, 10.0)).any()
    assert detector.update(np.full(200, 11.0))[-1]
    assert detector.update(np.full(3, np.nan)).all()
    detector.reset()
    assert not detector.update(np.full(3, 10.0)).any()


def test_a_long_stream_costs_no_more_per_sample():
    values = np.random.default_rng(0).normal(10.0, 0.1, 2000)
    ewma = Ewma(10.0, 0.1, weight=0.2)
    ewma.update(values)
    mean = 10.0
    for value in values:
        mean += 0.2 * (value - mean)
    assert ewma.mean == pytest.approx(mean)


def test_a_baseline_is_not_moved_by_outliers():
    values = np.random.default_rng(2).normal(10.0, 0.1, 50)
    values[3] = 1e6
    level, deviation = baseline(values)
    assert level == pytest.approx(10.0, abs=0.05)
    assert deviation == pytest.approx(0.1, rel=0.4)
    with pytest.raises(InvalidArgumentError, match="baseline"):
        baseline(np.array([np.nan, 1.0]))


@pytest.mark.parametrize(
    "build",
    [
        lambda: Cusum(0.0, 0.0),
        lambda: Cusum(0.0, 1.0, limit=-1.0),
        lambda: PageHinkley(tolerance=0.0, limit=0.0),
        lambda: Ewma(0.0, 1.0, weight=0.0),
        lambda: Ewma(0.0, float("nan")),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_by_name(build):
    with pytest.raises(InvalidArgumentError, match=r"deviation|limit|weight"):
        build()
