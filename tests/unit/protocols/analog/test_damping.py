"""First-order damping knows the time."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.protocols.analog import Damping

SECOND = 1_000_000_000


def test_after_one_time_constant_63_percent_of_a_step_has_come_through():
    damp = Damping([10.0])
    damp([0.0], 0)
    assert damp([100.0], 10 * SECOND)[0] == pytest.approx(100 * (1 - math.exp(-1)))


@given(st.lists(st.integers(1, 20), min_size=1, max_size=10))
def test_a_step_comes_through_the_same_however_often_one_looks(steps):
    often, once = Damping([7.0]), Damping([7.0])
    often([0.0], 0)
    once([0.0], 0)
    now = 0
    for seconds in steps:
        now += seconds
        seen = often([50.0], now * SECOND)
    assert seen[0] == pytest.approx(once([50.0], now * SECOND)[0])


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=20))
def test_what_is_damped_stays_among_what_was_seen(values):
    damp = Damping([3.0])
    seen = [damp([value], at * SECOND)[0] for at, value in enumerate(values)]
    assert min(values) - 1e-9 <= min(seen)
    assert max(seen) <= max(values) + 1e-9


def test_without_a_time_constant_values_pass():
    damp = Damping([0.0, 5.0])
    damp([1.0, 1.0], 0)
    assert damp([9.0, 1.0], 0).tolist() == [9.0, 1.0]


def test_a_gap_is_passed_on_and_makes_the_next_value_weigh_more():
    damp = Damping([10.0])
    damp([0.0], 0)
    assert np.isnan(damp([np.nan], 5 * SECOND)[0])
    assert damp([100.0], 10 * SECOND)[0] == pytest.approx(100 * (1 - math.exp(-1)))


def test_a_filter_starts_with_the_first_value_there_is():
    damp = Damping([10.0])
    damp([np.nan], 0)
    assert damp([42.0], SECOND)[0] == 42.0


def test_a_clock_that_goes_back_moves_nothing():
    damp = Damping([10.0])
    damp([1.0], 10 * SECOND)
    assert damp([99.0], 5 * SECOND)[0] == 1.0
