"""Polls begin at start + n × period, whatever a poll takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.devices.grid import PollGrid


class Instant:
    """A clock that sleeps at once."""

    def __init__(self):
        self.seconds = 1000.0

    def clock(self):
        return self.seconds

    async def sleep(self, seconds):
        self.seconds += seconds


async def run(period, durations):
    """Poll once for each duration; return the grid, and (point, seconds since the start) of each poll."""
    time = Instant()
    grid = PollGrid(period, clock=time.clock, sleep=time.sleep)
    polls = []
    durations = iter(durations)
    async for point in grid:
        polls.append((point, time.seconds - 1000.0))
        if (duration := next(durations, None)) is None:
            return grid, polls
        time.seconds += duration
    raise AssertionError("a grid has no end")


async def test_the_first_point_is_now():
    assert (await run(1.0, []))[1] == [(0, 0.0)]


async def test_polls_do_not_drift():
    grid, polls = await run(0.5, [0.1, 0.4, 0.0, 0.3])
    assert polls == [(0, 0.0), (1, 0.5), (2, 1.0), (3, 1.5), (4, 2.0)]
    assert grid.overruns == 0


async def test_a_late_poll_costs_its_points_once_and_nothing_is_piled_up():
    grid, polls = await run(1.0, [3.2, 0.1, 0.1])
    assert polls == [(0, 0.0), (4, 4.0), (5, 5.0), (6, 6.0)]
    assert grid.overruns == 3


async def test_a_second_walk_is_a_new_grid():
    time = Instant()
    grid = PollGrid(1.0, clock=time.clock, sleep=time.sleep)
    for start in (1000.0, 1000.5):
        async for point in grid:
            assert (point, time.seconds) == (0, start)
            break
        time.seconds += 0.5


@given(st.floats(0.001, 10), st.lists(st.floats(0, 50), max_size=20))
@pytest.mark.filterwarnings("error")
async def test_every_point_is_met_or_counted(period, durations):
    grid, polls = await run(period, durations)
    points = [point for point, _ in polls]
    assert points == sorted(set(points))
    assert grid.overruns == points[-1] + 1 - len(points)
    for point, at in polls:
        assert at == pytest.approx(point * period, abs=1e-6)
