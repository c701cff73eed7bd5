"""Following a subject with nothing on the server: what was there, what comes, each once."""

import asyncio

import pytest

from integrations.bus import Follower, Outgoing, Publisher, ensure_streams
from integrations.bus.reading import follower as module

FOLLOWED = {"name": "F", "subjects": ["f.>"], "storage": "file", "allow_direct": True}


@pytest.fixture
async def stream(bus):
    await ensure_streams(bus, [FOLLOWED])
    return bus


async def publish(bus, numbers, subject="f.mine"):
    async with Publisher(bus) as publisher:
        await publisher.publish_all([Outgoing(subject, b"%d" % number) for number in numbers])


async def read(chunks, count):
    """Bodies of the next messages; how many were still to come behind the last."""
    seen = []
    async with asyncio.timeout(20):
        while len(seen) < count:
            seen += await anext(chunks)
    return [int(message.data) for message in seen], seen[-1].pending


async def test_what_was_there_comes_first_then_what_is_published_each_once_and_in_order(stream):
    await publish(stream, range(1200))
    async with Follower(stream, "F", "f.mine") as follower:
        chunks = follower.chunks()
        assert await read(chunks, 1200) == (list(range(1200)), 0)
        await publish(stream, [99], "f.others")
        await publish(stream, [1200])
        assert await read(chunks, 1) == ([1200], 0)
    assert (await stream.api("STREAM.INFO.F"))["state"]["consumer_count"] == 0


async def test_a_stream_that_is_made_anew_is_read_from_its_beginning(stream):
    await publish(stream, range(3))
    async with Follower(stream, "F", "f.mine", start_sequence=2) as follower:
        chunks = follower.chunks()
        assert (await read(chunks, 2))[0] == [1, 2]
        created = follower.created
        await stream.api("STREAM.DELETE.F")
        await ensure_streams(stream, [FOLLOWED])
        await publish(stream, [7])
        assert (await read(chunks, 1))[0] == [7]
        assert follower.created != created


async def test_what_was_not_heard_is_found_all_the_same(stream, monkeypatch):
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.1)
    async with Follower(stream, "F", "f.mine") as follower:
        chunks = follower.chunks()
        await publish(stream, [1])
        assert (await read(chunks, 1))[0] == [1]
        follower._heard.set = lambda: None
        await publish(stream, [2])
        assert (await read(chunks, 1))[0] == [2]
