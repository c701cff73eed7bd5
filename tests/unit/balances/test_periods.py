"""Periods: samples on a grid by their own times, each period once, whoever is late or silent."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.balances import BalanceError, Periods

SECOND = 1_000_000_000


def periods(count=2, period=10, patience=30):
    return Periods(count, period * SECOND, patience * SECOND)


def add(collected, variable, *samples):
    collected.add(variable, [(round(at * SECOND), value) for at, value in samples])


def ended(collected):
    return [(period.start_ns // SECOND, period.values.tolist()) for period in collected.ended()]


def test_a_period_ends_when_everybody_is_beyond_it():
    collected = periods()
    add(collected, 0, (1, 1.0), (2, 3.0), (11, 9.0))
    assert ended(collected) == []
    add(collected, 1, (5, 7.0), (10, 8.0))
    assert ended(collected) == [(0, [2.0, 7.0])]
    assert ended(collected) == []


def test_who_is_silent_is_missing_once_patience_is_over():
    collected = periods()
    add(collected, 1, (5, 7.0))
    add(collected, 0, (5, 1.0), (15, 2.0), (39, 3.0))
    assert ended(collected) == []
    add(collected, 0, (40, 3.0))
    assert ended(collected) == [(0, [1.0, 7.0])]
    add(collected, 0, (50, 3.0))
    (found,) = ended(collected)
    assert found == (10, [2.0, pytest.approx(np.nan, nan_ok=True)])


def test_what_comes_too_late_is_counted():
    collected = periods()
    add(collected, 0, (5, 1.0), (50, 1.0))
    ended(collected)
    add(collected, 1, (6, 1.0))
    assert collected.late == 1


def test_a_delivery_that_repeats_counts_once():
    collected = periods(count=1)
    for _ in range(2):
        add(collected, 0, (1, 1.0), (2, 3.0))
    add(collected, 0, (2, 3.0), (10, 0.0))
    assert ended(collected) == [(0, [2.0])]


def test_periods_without_samples_are_passed_over():
    collected = periods(count=1)
    add(collected, 0, (1, 1.0), (95, 2.0), (105, 3.0))
    assert [start for start, _ in ended(collected)] == [0, 90]


def test_the_number_of_open_periods_is_bounded():
    collected = Periods(2, 1, 10**18)
    collected.add(0, [(at, 1.0) for at in range(1, 20_001)])
    assert len(list(collected.ended())) == 10_000


@given(st.lists(st.tuples(st.integers(0, 2), st.lists(st.integers(1, 300), max_size=10)), max_size=20))
def test_each_period_ends_once_in_order_and_no_sample_counts_twice(deliveries):
    collected = periods(count=3, period=10, patience=20)
    starts = []
    for variable, ats in deliveries:
        add(collected, variable, *((at, 1.0) for at in sorted(ats)))
        starts += [start for start, _ in ended(collected)]
    assert starts == sorted(set(starts))


def test_times_that_make_no_sense():
    with pytest.raises(BalanceError):
        periods(period=0)
