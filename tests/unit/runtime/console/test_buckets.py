"""A series brought to as many points as a chart is wide."""

import pytest

from fakes.readings import batch_of
from integrations.runtime.console.buckets import Buckets

SECOND = 1_000_000_000


def test_each_stretch_has_least_most_and_mean_and_the_worst_that_was_found():
    buckets = Buckets(0, 10 * SECOND, 2)
    buckets.take(batch_of(range(10), [float(at) for at in range(10)], flags=[0] * 9 + [16]))
    columns = buckets.columns()
    assert columns["least"] == [0.0, 5.0]
    assert columns["most"] == [4.0, 9.0]
    assert columns["mean"] == [2.0, 7.0]
    assert columns["standing"] == [0, 4]
    assert columns["time"] == [2500.0, 7500.0]


def test_a_gap_stays_a_gap():
    buckets = Buckets(0, 10 * SECOND, 5)
    buckets.take(batch_of([0, 2, 8], [1.0, None, 3.0]))
    assert buckets.columns()["mean"] == [1.0, None, 3.0]
    found = buckets.finished()
    assert (found.samples, found.values) == (3, 2)


def test_samples_outside_of_the_range_do_not_count():
    buckets = Buckets(2 * SECOND, 4 * SECOND, 2)
    buckets.take(batch_of(range(10), [float(at) for at in range(10)]))
    assert buckets.columns()["mean"] == [2.0, 3.0]


def test_mean_and_deviation_are_right_far_from_zero():
    buckets = Buckets(0, 100 * SECOND, 10)
    buckets.take(batch_of(range(100), [1e9 + at % 2 for at in range(100)]))
    found = buckets.finished()
    assert found.mean == pytest.approx(1e9 + 0.5, abs=1e-6)
    assert found.deviation == pytest.approx(0.5, abs=1e-6)


def test_a_unit_that_changes_begins_the_series_anew():
    buckets = Buckets(0, 10 * SECOND, 10)
    buckets.take(batch_of([1], [1.0], unit="bar"))
    buckets.take(batch_of([2], [14.5], unit="psi"))
    assert (buckets.unit, buckets.columns()["mean"], buckets.finished().samples) == ("psi", [14.5], 1)
