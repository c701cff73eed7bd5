"""What waited on the disk goes at a bounded rate, and always faster than what comes in."""

from integrations.bus.outbox_pace import BURST_SECONDS, Pace


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
