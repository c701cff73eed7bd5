"""What waited on the disk goes at a bounded rate, and always faster than what comes in."""

from integrations.bus.outbox.pace import BURST_SECONDS, Pace


class Time:
    def __init__(self):
        self.now = 0.0

    async def sleep(self, seconds):
        self.now += seconds


async def gone_in(seconds, came_in_per_grant=0):
    """Return how many of a backlog without end go in a time, asked for 500 at once."""
    time, gone = Time(), 0
    pace = Pace(100.0, clock=lambda: time.now, sleep=time.sleep)
    while time.now < seconds:
        for _ in range(came_in_per_grant):
            pace.one_came_in()
        granted = await pace.grant(500)
        assert 1 <= granted <= 500
        pace.spend(granted)
        gone += granted
        time.now += 0.01
    return gone


async def test_the_past_goes_at_its_rate_after_a_first_burst():
    assert abs(await gone_in(10.0) - 100 * (10 + BURST_SECONDS)) <= 2


async def test_it_goes_beside_as_many_as_come_in():
    came_in = 3 * 1000
    assert abs(await gone_in(10.0, came_in_per_grant=3) - came_in - 100 * (10 + BURST_SECONDS)) <= 5


async def seconds_for(pace, time, count):
    """Return how long so many of the past take."""
    began = time.now
    while count > 0:
        granted = await pace.grant(min(500, count))
        pace.spend(granted)
        count -= granted
    return time.now - began


async def test_what_came_in_while_the_bus_was_away_is_of_the_past_too():
    time = Time()
    pace = Pace(100.0, clock=lambda: time.now, sleep=time.sleep)
    for _ in range(1000):
        pace.one_came_in()
        time.now += 0.1
    pace.spend(1)  # what was under way when it went
    assert 9.5 < await seconds_for(pace, time, 1000) < 10.5


async def test_what_never_waited_on_the_disk_leaves_no_debt():
    time = Time()
    pace = Pace(1.0, clock=lambda: time.now, sleep=time.sleep)
    for _ in range(100):
        for _ in range(500):
            pace.one_came_in()
        time.now += 2.0
        pace.spend(500)
    assert await seconds_for(pace, time, 3) <= 3.1
