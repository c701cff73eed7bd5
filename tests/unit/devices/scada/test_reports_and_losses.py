"""In which order reports, losses and history go on: the connector over a source that a test plays."""

from collections import deque

import pytest

from fakes.time import START_NS
from integrations import SCADAConnectionConfig, SCADAConnector
from integrations.devices.scada import DataQuality, TagConfig
from integrations.devices.scada.course import HISTORICAL
from integrations.devices.scada.source import Report, TagSource
from integrations.devices.scada.values import TagReading
from integrations.messages import Status
from integrations.protocols import ProtocolConnectionError

LOST = Status.BAD_NOT_CONNECTED
LOST_CIRCUIT = Status.BAD_NO_COMMUNICATION
"""Of a system that is not even asked."""
ROW = TagConfig("P", scan_rate=1000)


class Played(TagSource):
    """Answers with `value` at `time_ns`; `down` is raised instead; keeps `past` as history."""

    def __init__(self, time):
        self.reports = deque()
        self.down = None
        self.past = []
        self.asked = 0
        self.followed = 0
        self.value = 10.0
        self.time_ns = START_NS
        self._time = time

    async def open(self):
        if self.down:
            raise self.down

    async def close(self):
        """It stays."""

    async def read(self, tags):
        self.asked += 1
        return [self.reading(self.value) for _ in tags]

    async def write(self, tag, value):
        return ""

    def is_same(self, tag, wanted, found):
        return True

    async def follow(self):
        self.followed += 1

    def keeps_history(self, tag):
        return self.past is not None

    async def history(self, since_ns):
        return [reading for reading in self.past if reading.source_ns > since_ns[reading.tag]]

    def reading(self, value, after=0.0):
        at_ns = self.time_ns + round(after * 1e9)
        return TagReading(0, value, 0, at_ns, self._time.now_ns())

    def report(self, *readings, is_gap=False):
        self.reports.append(Report(list(readings), is_gap))


@pytest.fixture
async def played(time):
    source = Played(time)
    config = SCADAConnectionConfig("h", 4840, scada_id="s", tags=(ROW,), max_retries=0, simulation="never")
    source.scada = SCADAConnector(config, source=source, **time.options)
    source.points = []

    async def keep(sample):
        source.points += zip(
            ((sample.times - START_NS) / 1e9).tolist(),
            [None if value != value else value for value in sample.values.tolist()],  # noqa: PLR0124 - NaN
            sample.status.tolist(),
            strict=True,
        )

    source.scada.on_sample(keep)
    await source.scada.connect()
    yield source
    await source.scada.disconnect()


async def test_what_is_reported_goes_on_and_nothing_is_asked_meanwhile(played, time):
    played.report(played.reading(11.0, 0.25), played.reading(12.0, 0.5))
    await time.go_on(1.0)
    assert played.points == [(0.0, 10.0, 0), (0.25, 11.0, 0), (0.5, 12.0, 0)]
    assert (played.asked, played.followed) == (1, 1)


async def test_a_quiet_tag_is_asked_for_and_goes_on_under_the_time_at_which_it_was_known(played, time):
    await time.go_on(10.0)
    assert played.asked == 2
    assert played.points == [(0.0, 10.0, 0), (10.0, 10.0, 0)]


async def test_what_was_reported_before_a_loss_comes_before_its_mark(played, time):
    played.report(played.reading(11.0, 0.25))
    played.report(is_gap=True)
    played.down = ProtocolConnectionError("gone")
    await time.go_on(1.0)
    assert played.points[1:] == [(0.25, 11.0, 0), (pytest.approx(0.25), None, LOST)]
    shown = played.scada.tags["P"]
    assert (shown.last_value, shown.quality) == (11.0, DataQuality.UNCERTAIN)


async def test_a_repeated_report_that_waited_through_an_outage_moves_no_clock(played, time):
    played.report(played.reading(10.0))
    played.report(is_gap=True)
    played.down = ProtocolConnectionError("gone")
    await time.go_on(2.0)
    played.down = None
    played.past = [played.reading(10.5, 1.0), played.reading(11.0, 1.5)]
    played.report(played.reading(11.0, 1.5))
    played.value, played.time_ns = 11.0, START_NS + 1_500_000_000
    await time.go_on(1.0)
    assert [point for point in played.points if point[2] == HISTORICAL] == [
        (1.0, 10.5, HISTORICAL), (1.5, 11.0, HISTORICAL),
    ]  # fmt: skip
    assert [point[1] for point in played.points].count(11.0) == 1
    await time.go_on(10.0)
    assert played.points[-1] == (13.0, 11.0, 0)
    times = [moment for moment, _, _ in played.points]
    assert times == sorted(times)


async def test_without_history_a_loss_is_said_at_once_and_then_as_often_as_a_quiet_tag_is_asked_for(
    played, time
):
    played.past = None
    await time.go_on(2.0)
    played.down = ProtocolConnectionError("gone")
    await time.go_on(21.0)
    assert played.points[1:] == [(3.0, None, LOST), (13.0, None, LOST_CIRCUIT), (23.0, None, LOST_CIRCUIT)]
    played.down = None
    played.scada.circuit_breaker.reset()
    await time.go_on(1.0)
    assert played.points[-1] == (24.0, 10.0, 0)


async def test_what_is_reported_late_travels_and_is_not_shown(played, time):
    played.time_ns = START_NS + 500_000_000
    assert await played.scada.read_tag("P") == 10.0
    played.value = 12.0
    played.time_ns = START_NS + 900_000_000
    time.seconds = 0.9
    assert await played.scada.read_tag("P") == 12.0
    played.report(TagReading(0, 11.0, 0, START_NS + 700_000_000, START_NS + 800_000_000))
    await time.go_on(0.2)
    assert (0.7, 11.0, 0) in played.points
    assert played.scada.tags["P"].last_value == 12.0
