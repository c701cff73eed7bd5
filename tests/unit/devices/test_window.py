"""The window's mean is the integral over time, divided by the time."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.devices.window import SECOND, Window

flows = st.lists(st.tuples(st.integers(1, 60 * SECOND), st.floats(-1000, 1000)), min_size=1, max_size=30)


def filled(*entries):
    window = Window()
    for seconds, value in entries:
        window.add(round(seconds * SECOND), value, 100.0)
    return window


def test_an_empty_window_has_no_mean():
    assert Window().average(60, 0) is None
    assert Window().last is None


def test_one_value_is_its_own_mean():
    assert filled((5, 7.0)).average(60, 10 * SECOND) == 7.0


def test_a_value_counts_for_as_long_as_it_held():
    assert filled((0, 0.0), (1, 10.0), (11, 10.0)).average(60, 11 * SECOND) == pytest.approx((5 + 100) / 11)


def test_what_is_older_than_the_window_does_not_count():
    window = filled((0, 1000.0), (50, 10.0), (60, 20.0))
    assert window.average(10, 60 * SECOND) == 15.0
    assert window.average(5, 60 * SECOND) == 20.0
    assert window.average(5, 70 * SECOND) is None


def test_values_that_are_no_numbers_are_not_kept():
    window = filled((0, 1.0), (1, math.nan), (2, math.inf), (3, 3.0))
    assert len(window) == 2
    assert window.newest(9) == [3.0, 1.0]


def test_two_values_of_one_moment_harm_nothing():
    assert filled((1, 5.0), (1, 7.0)).average(60, 2 * SECOND) == 7.0


def test_a_window_keeps_the_last_thousand():
    window = filled(*((at, float(at)) for at in range(1500)))
    assert len(window) == 1000
    assert window.since(0)[0].value == 500.0


@given(flows)
def test_the_mean_is_numpys(steps):
    window, times, values, now = Window(), [], [], 0
    for gap, value in steps:
        now += gap
        window.add(now, value, 100.0)
        times.append(now / SECOND)
        values.append(value)
    span = times[-1] - times[0]
    expected = np.trapezoid(values, times) / span if len(values) > 1 else values[0]
    assert window.average(1e6, now) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(flows, st.floats(0.001, 100))
def test_the_mean_lies_between_the_extremes(steps, seconds):
    window, now = Window(), 0
    for gap, value in steps:
        now += gap
        window.add(now, value, 100.0)
    seen = [entry.value for entry in window.since(now - round(seconds * SECOND))]
    mean = window.average(seconds, now)
    assert min(seen) - 1e-6 <= mean <= max(seen) + 1e-6


def test_a_window_counts_how_often_the_newest_value_came_in_a_row():
    window = Window(size=2)
    seen = []
    for value in (1.0, 1.0, 1.0, math.nan, 1.0, 2.0, 2.0):
        window.add(0, value, 100.0)
        seen.append(window.repeated)
    assert seen == [1, 2, 3, 3, 4, 1, 2]
