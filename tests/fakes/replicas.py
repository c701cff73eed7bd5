"""Readings of many sources fed to several transformations, and what must be true of them afterwards."""

import asyncio
from contextlib import asynccontextmanager

from fakes.site import SITE, Feed, clean, eventually, stored, times
from integrations.bus import Publisher
from integrations.messages import PARTITIONS

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

    async def flows(self, seconds=20):
        """Wait until something of every source has come that was not there before."""
        before = self.count
        values = {}

        async def newer():
            values.update(times(await clean(self.bus), "value"))
            return len(values) == 2 * len(SOURCES) and min(each[-1] for each in values.values()) > before

        await eventually(newer, seconds)


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
