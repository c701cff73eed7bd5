"""The simulation that sizes sites: what goes in comes out, and more work needs more."""

import math

import pytest

from benchmarks.sizing import CALM, Costs, needed, partitions_of, simulate

COSTS = Costs(
    acquire=1e-5,
    clean=2e-5,
    publish=2.5e-5,
    store_clean=1.7e-5,
    store_raw=4.4e-5,
    stored_a_second=35e3,
    clean_bytes=546,
    raw_bytes=141,
)


@pytest.mark.parametrize(("sensors", "replicas"), [(1_000, 1), (20_000, 2), (20_000, 3)])
def test_every_reading_is_cleaned_or_waits(sensors, replicas):
    course = simulate(COSTS, sensors, 1.0, replicas)
    assert course.cleaned + course.waiting == pytest.approx(course.taken)


def test_too_few_never_catch_up_and_enough_do():
    few, enough = (simulate(COSTS, 30_000, 1.0, replicas) for replicas in (1, 3))
    assert few.caught_up_seconds == math.inf
    assert enough.caught_up_seconds < 600
    assert enough.busiest < few.busiest


def test_an_outage_costs_nothing_where_there_is_none():
    assert simulate(COSTS, 1_000, 1.0, 1, outage=0).caught_up_seconds == 0


def test_what_is_needed_grows_with_what_there_is():
    small, large = needed(COSTS, 1_000, 1.0), needed(COSTS, 100_000, 1.0)
    assert (small.cells, small.replicas, small.acquisition) == (1, 1, 1)
    assert large.cells > small.cells
    assert large.cells * large.cell_sensors >= 100_000
    assert large.server_cores <= CALM
    assert large.course.busiest <= CALM


def test_sources_fall_into_partitions_unevenly_as_they_do_in_the_stream():
    least, most = partitions_of(20_000)
    assert least < 20_000 / 50 / 64 < most
