"""A hub of three servers fetches what an edge's streams hold, also after an outage: each message once."""

import asyncio
import os
from contextlib import AsyncExitStack

from fakes.relay import Relay
from fakes.site import SITE, Feed, clean, document, eventually, running, stored, times
from integrations.bus import Bus, BusSettings, Publisher, StreamSettings, ensure_streams, stream_configs

from .servers import cluster, edge

SMALL = {"storage_bytes": 64 * 1024 * 1024}


AWAY_SECONDS = float(os.environ.get("AWAY_SECONDS", "5"))


async def test_the_hub_has_each_message_of_the_edge_once_after_an_outage(tmp_path):
    async with AsyncExitStack() as stack:
        nodes = cluster(tmp_path)
        for node in nodes:
            await stack.enter_async_context(node)
        line = await stack.enter_async_context(Relay(nodes[0].leaf_port))
        far = await stack.enter_async_context(edge(tmp_path, line.port))
        hub = await stack.enter_async_context(Bus(BusSettings(url=",".join(node.url for node in nodes))))
        bus = await stack.enter_async_context(Bus(BusSettings(url=far.url)))
        of_hub = StreamSettings(**SMALL, replicas=3, edges=("edge1",))
        await ensure_streams(hub, stream_configs(of_hub, SITE))
        await ensure_streams(bus, stream_configs(StreamSettings(**SMALL), SITE))
        await stack.enter_async_context(running("transformation", document(far.url, streams=SMALL)))
        publisher = await stack.enter_async_context(Publisher(bus))
        feed = Feed(source="far")
        await publisher.publish_all([feed.next() for _ in range(100)])
        await eventually(lambda: has(hub, 100), 30)
        await line.stop()
        for _ in range(round(AWAY_SECONDS * 10)):
            await publisher.publish_all([feed.next() for _ in range(10)])
            await asyncio.sleep(0.1)
        await line.start()
        await eventually(lambda: has_clean(bus, feed.count), 30)
        for stream in ("RAW", "CLEAN"):
            await eventually(lambda stream=stream: same(hub, bus, stream), 60)


async def has(bus, count):
    return len(await stored(bus, "RAW", ">")) >= count


async def has_clean(bus, count):
    return len(times(await clean(bus)).get("s-flow_rate", ())) >= count


async def same(hub, bus, stream):
    """Whether both hold the same messages in the same order."""
    ours, theirs = await stored(hub, stream, ">"), await stored(bus, stream, ">")
    return [(each.subject, each.data) for each in ours] == [(each.subject, each.data) for each in theirs]
