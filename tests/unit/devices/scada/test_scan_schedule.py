"""Which tags are asked for when: each scan rate on a grid of its own, the quiet ones of a subscription."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.time import FakeTime
from integrations.devices.scada import SCADAConnectionConfig, TagConfig
from integrations.devices.scada.scan import EARLY_SECONDS, ScanGrid
from integrations.devices.scada.schedule import Schedule

TABLE = tuple(TagConfig(f"T{rate}-{n}", scan_rate=rate) for n in (1, 2) for rate in (1000, 2000, 60_000))
EIGHTHS = st.integers(1, 200).map(lambda each: each / 8)
PERIODS = st.lists(EIGHTHS, min_size=1, max_size=4)


def config(**fields):
    return SCADAConnectionConfig("h", 4840, tags=TABLE, **fields)


async def points(grid, time, count, takes=()):
    """Return (moment, due periods) of the first points of a grid; a poll takes as long as `takes` says."""
    found = []
    async for number in grid:
        found.append((time.seconds, sorted(grid.due)))
        time.seconds += dict(takes).get(number, 0.0)
        if len(found) == count:
            break
    return found


@pytest.fixture
def grid(time):
    return lambda *periods: ScanGrid(periods, clock=time.clock, sleep=time.skip)


async def test_each_period_is_due_on_its_own_grid(grid, time):
    assert await points(grid(1.0, 2.5), time, 6) == [
        (0.0, [0, 1]), (1.0, [0]), (2.0, [0]), (2.5, [1]), (3.0, [0]), (4.0, [0]),
    ]  # fmt: skip


async def test_what_passes_during_a_poll_is_counted_and_not_caught_up(grid, time):
    scan = grid(1.0, 2.0)
    assert await points(scan, time, 3, {0: 3.5}) == [(0.0, [0, 1]), (3.5, [0, 1]), (4.0, [0, 1])]
    assert scan.overruns == 2


async def test_what_is_due_in_an_instant_is_taken_along(grid, time):
    assert await points(grid(1.0, 1.0005), time, 2) == [(0.0, [0, 1]), (1.0, [0, 1])]


async def test_iterating_anew_begins_anew(grid, time):
    scan = grid(1.0, 5.0)
    await points(scan, time, 2)
    time.seconds = 100.3
    assert await points(scan, time, 2) == [(100.3, [0, 1]), (101.3, [0])]


@given(PERIODS, st.dictionaries(st.integers(0, 20), EIGHTHS, max_size=5))
async def test_every_point_of_every_grid_is_met_or_counted_as_overrun(periods, takes):
    time = FakeTime()
    scan = ScanGrid(periods, clock=time.clock, sleep=time.skip)
    found = await points(scan, time, 25, takes)
    last = found[-1][0]
    on_grid = sum(int((last + EARLY_SECONDS) // period) + 1 for period in periods)
    assert sum(len(due) for _, due in found) + scan.overruns == on_grid
    for number, (moment, due) in enumerate(found[1:]):
        assert due
        if not takes.get(number):
            assert all(moment % periods[at] == 0 for at in due)


def test_polled_tags_are_asked_for_at_their_scan_rate(time):
    schedule = Schedule(config(enable_subscriptions=False), time.clock)
    assert schedule.grid(time.skip)._periods == (1.0, 2.0, 60.0)
    assert schedule.due([0]) == [0, 3]
    assert schedule.due([1, 2]) == [1, 4, 2, 5]


def test_reported_tags_are_asked_for_when_they_grow_quiet(time):
    schedule = Schedule(config(subscription_interval_ms=500), time.clock)
    assert schedule.grid(time.skip)._periods == (0.5,)
    assert schedule.due([0]) == []
    time.seconds = 9.0
    schedule.note([0])
    time.seconds = 10.0
    assert schedule.due([0]) == [1, 3, 4]
    time.seconds = 60.0
    assert schedule.due([0]) == [0, 1, 2, 3, 4, 5]
