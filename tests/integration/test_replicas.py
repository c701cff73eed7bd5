"""Several transformations share a site: each sample once and in order, whoever comes, goes, hangs or dies."""

import asyncio
import signal
import time
from contextlib import asynccontextmanager

import pytest

from fakes.site import SITE, Child, Feed, clean, document, eventually, running, stored, times, toml
from integrations.bus import Publisher
from integrations.messages import PARTITIONS, Header, partition_of

SOURCES = [f"source_{number}" for number in range(24)]
SENSORS = {source: (f"{source}-a", f"{source}-b") for source in SOURCES}


class Line:
    """Feeds of numbered samples from many sources, until it is told that it was enough."""

    def __init__(self, bus):
        self.bus = bus
        self.feeds = [Feed(SENSORS[source], source=source) for source in SOURCES]
        self._enough = asyncio.Event()
        self._done = asyncio.Event()

    async def put(self):
        async with Publisher(self.bus) as publisher:
            while not self._enough.is_set():
                await publisher.publish_all([feed.next() for feed in self.feeds])
                await asyncio.sleep(0.01)
        self._done.set()

    async def finish(self):
        """Put no more, and see that everything came to CLEAN once and in order."""
        self._enough.set()
        await self._done.wait()
        await eventually(self.all_clean, 20)
        for sensor, values in times(await clean(self.bus), "value").items():
            assert values == [float(number) for number in range(self.count)], sensor

    @property
    def count(self):
        return self.feeds[0].count

    async def all_clean(self):
        values = times(await clean(self.bus), "value")
        return len(values) == 2 * len(SOURCES) and min(map(len, values.values())) >= self.count

    async def flows(self):
        """Wait until something of every source has come that was not there before."""
        before = self.count
        values = {}

        async def newer():
            values.update(times(await clean(self.bus), "value"))
            return len(values) == 2 * len(SOURCES) and min(each[-1] for each in values.values()) > before

        await eventually(newer, 20)


@asynccontextmanager
async def line(bus):
    it = Line(bus)
    task = asyncio.create_task(it.put())
    try:
        yield it
        await it.finish()
    finally:
        task.cancel()


async def owners(bus):
    """Return who has which partitions, by the fences."""
    found = {}
    for message in await stored(bus, "CLEAN", f"gl.{SITE}.fence.*"):
        found[int(message.subject.rpartition(".")[2])] = message.data.decode().split('"')[3]
    return found


def shared_by(bus, *instances):
    """Return a check: whether these, and nobody else, have fair shares."""

    async def check():
        held = [owner.rpartition("-")[0] for owner in (await owners(bus)).values()]
        counts = {name: held.count(name) for name in set(held)}
        fair = len(held) == PARTITIONS and counts.keys() == set(instances)
        return fair and max(counts.values()) - min(counts.values()) <= 1

    return check


@pytest.fixture
def child(nats_server, tmp_path):
    path = tmp_path / "plant.toml"
    path.write_text(toml(document(nats_server.url)))

    def make(name):
        return Child("transformation", path, tmp_path / f"{name}.log", INSTANCE=name, LOG_LEVEL="INFO")

    return make


async def test_replicas_come_and_go_without_a_loss_or_a_repeat(nats_server, streams):
    table = document(nats_server.url)
    async with running("transformation", table, "a"), line(streams) as it:
        await eventually(shared_by(streams, "a"))
        await it.flows()
        async with running("transformation", table, "b"):
            await eventually(shared_by(streams, "a", "b"))
            async with running("transformation", table, "c"):
                await eventually(shared_by(streams, "a", "b", "c"))
                await it.flows()
            await eventually(shared_by(streams, "a", "b"))
            await it.flows()
        await eventually(shared_by(streams, "a"))
        await it.flows()


async def test_the_last_hands_over_to_one_that_comes_later(nats_server, streams):
    table = document(nats_server.url)
    async with line(streams) as it:
        async with running("transformation", table, "a"):
            await eventually(shared_by(streams, "a"))
            await it.flows()
        assert set((await owners(streams)).values()) == {""}
        async with running("transformation", table, "b"):
            await eventually(shared_by(streams, "b"))
            await it.finish()


async def test_what_was_killed_is_taken_over_within_seconds(streams, child):
    async with child("a") as a, child("b"), line(streams) as it:
        await eventually(shared_by(streams, "a", "b"), 20)
        await it.flows()
        await a.end(signal.SIGKILL)
        killed = time.monotonic()
        await eventually(shared_by(streams, "b"), 15)
        await it.flows()
        assert time.monotonic() - killed < 10
        await a.start()
        await eventually(shared_by(streams, "a", "b"), 20)


async def test_one_that_hangs_longer_than_its_lease_publishes_nothing_when_it_goes_on(streams, child):
    async with child("a") as a, child("b"), line(streams) as it:
        await eventually(shared_by(streams, "a", "b"), 20)
        await it.flows()
        for _ in range(2):
            a._process.send_signal(signal.SIGSTOP)
            try:
                await eventually(shared_by(streams, "b"), 20)
                await it.flows()
            finally:
                a._process.send_signal(signal.SIGCONT)
            await eventually(shared_by(streams, "a", "b"), 20)
            await it.flows()


async def test_a_source_is_in_the_partition_that_the_server_gives_it(streams):
    async with Publisher(streams) as publisher:
        await publisher.publish_all([Feed(source=source).next() for source in SOURCES])
    for message in await stored(streams, "RAW", f"gl.{SITE}.raw.>"):
        *_, number, device_class, source = message.subject.split(".")
        assert int(number) == partition_of(device_class, source)
        assert Header.MESSAGE_ID in message.headers
