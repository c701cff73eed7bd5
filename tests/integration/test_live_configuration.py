"""Limits put into the bucket `gl_config` while the transformation runs."""

import json
from contextlib import asynccontextmanager

from fakes.site import SITE, Feed, clean, document, events, eventually, running
from integrations.bus import Outgoing, Publisher, ensure_streams, stream_configs
from integrations.bus import StreamSettings as Streams
from integrations.quality import Flag

SENSOR = "p-pressure"
KEY = f"$KV.gl_config.{SITE}.transformation.sensors.{SENSOR}"


class Line:
    """A feed of pressures, and the bucket."""

    def __init__(self, bus, publisher):
        self.bus, self.publisher = bus, publisher
        self.feed = Feed((SENSOR,), "pressure", "bar")
        self.told = 0

    async def out_of_range(self, value):
        """Send one reading; return whether it was found out of range."""
        await self.publisher.publish_all([self.feed.next(value=value)])
        await eventually(lambda: self.is_clean(self.feed.count))
        return bool((await clean(self.bus, SENSOR))[-1].flags[-1] & Flag.OUT_OF_RANGE)

    async def is_clean(self, count):
        return sum(len(batch.time) for batch in await clean(self.bus, SENSOR)) == count

    async def put(self, limits, headers=None):
        body = limits if isinstance(limits, bytes) else json.dumps(limits).encode()
        await self.publisher.publish_all([Outgoing(KEY, body, headers or {})])

    async def told_of(self, kind):
        return await eventually(lambda: events(self.bus, f"configuration_{kind}"))


@asynccontextmanager
async def line(bus):
    async with Publisher(bus) as publisher:
        yield Line(bus, publisher)


async def test_limits_are_applied_refused_and_taken_back_without_a_restart(nats_server, streams):
    table = document(nats_server.url, transformation={"sensors": {SENSOR: {"max_valid": 20.0}}})
    async with running("transformation", table), line(streams) as it:
        assert not await it.out_of_range(12.0)
        await it.put({"max_valid": 9.0})
        (applied,) = await it.told_of("applied")
        assert (applied.subject_id, applied.facts["revision"]) == (SENSOR, 1)
        assert await it.out_of_range(12.0)

        await it.put({"max_valid": "high", "flatline_count": 1000, "colour": 1})
        (refused,) = await it.told_of("refused")
        assert refused.facts["faults"] == 3
        for part in ("max_valid must be", "flatline_count must be", "colour is not a known key"):
            assert part in refused.text
        assert await it.out_of_range(12.0)

        await it.put(b"", {"KV-Operation": "DEL"})
        await it.told_of("removed")
        assert not await it.out_of_range(12.0)
        assert await it.out_of_range(21.0)


async def test_what_cannot_be_read_or_does_not_fit_the_sensor_is_refused(nats_server, streams):
    async with running("transformation", document(nats_server.url)), line(streams) as it:
        assert not await it.out_of_range(12.0)
        await it.put(b"max_valid = 9")
        await it.put([1, 2])
        await it.put({"target_unit": "t/hr"})
        await it.put({"min_valid": 9000.0})
        await eventually(lambda: count(streams, 4))
        texts = [event.text for event in await events(streams, "configuration_refused")]
        assert ["JSON" in text for text in texts] == [True, True, False, False]
        assert not await it.out_of_range(12.0)


async def count(bus, number):
    return len(await events(bus, "configuration_refused")) == number


async def test_a_restart_takes_up_the_last_good_limits_behind_a_wrong_one(nats_server, streams):
    table = document(nats_server.url)
    async with line(streams) as it:
        await it.put({"max_valid": 9.0})
        await it.put({"max_valid": "high"})
        for _ in range(2):
            async with running("transformation", table):
                assert await it.out_of_range(12.0)
        assert len(await it.told_of("refused")) == 1  # though two runs found it


async def test_a_bucket_made_anew_takes_its_limits_with_it(nats_server, streams):
    async with running("transformation", document(nats_server.url)), line(streams) as it:
        await it.put({"max_valid": 9.0})
        await it.told_of("applied")
        assert await it.out_of_range(12.0)
        await streams.api("STREAM.DELETE.KV_gl_config")
        await ensure_streams(streams, stream_configs(Streams(storage_bytes=64 * 1024 * 1024), "test"))

        async def is_back():
            return not await it.out_of_range(12.0)

        await eventually(is_back, 15)
