"""A bus that is there and stores nothing: told in words, and nothing is lost or stored twice."""

import asyncio
import resource

from fakes.site import eventually
from integrations.bus import Bus, BusSettings, EmbeddedServer, Outgoing, Publisher, replay
from integrations.bus.publishing.doubt import Doubt

RAW = {"name": "RAW", "subjects": ["gl.>"], "allow_direct": True}


def numbered(count):
    return [Outgoing(f"gl.p.raw.c.s{i % 10}", b"%d" % i, {}, f"m{i}") for i in range(count)]


async def kept_in(bus):
    return [message async for message in replay(bus, "RAW", "gl.>")]


def fill_disk(server):
    """Let no file of a server grow: as without room, it acknowledges nothing until it is restarted."""
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


async def test_a_server_without_room_is_told_in_words_and_all_is_stored_once_after_its_restart(tmp_path):
    server = EmbeddedServer(tmp_path / "store")
    async with server, Bus(BusSettings(url=server.url), attempts=1) as bus:
        await bus.api("STREAM.CREATE.RAW", RAW)
        async with Publisher(bus, deadline_seconds=0.2, standstill_seconds=0.1) as publisher:
            await publisher.publish_all(numbered(10))
            assert not publisher.trouble
            fill_disk(server)
            sending = asyncio.create_task(publisher.publish_all(numbered(30)))
            trouble = await eventually(lambda: publisher.trouble)
            assert "it does not acknowledge" in trouble
            assert "then restart nats-server" in trouble
            await server.stop()
            await server.start()
            await asyncio.wait_for(sending, 10)
            assert not publisher.trouble
        kept = [int(message.data) for message in await kept_in(bus)]
    assert sorted(kept) == list(range(30))
    assert all(of_one == sorted(of_one) for of_one in ([n for n in kept if n % 10 == s] for s in range(10)))


async def test_a_server_that_may_have_no_more_is_told_in_words(tmp_path):
    limited = f'jetstream: {{ max_file_store: 100KB, store_dir: "{tmp_path}" }}'
    async with (
        EmbeddedServer(config=limited) as server,
        Bus(BusSettings(url=server.url), attempts=1) as bus,
        Publisher(bus, standstill_seconds=0.0) as publisher,
    ):
        await bus.api("STREAM.CREATE.RAW", {"name": "RAW", "subjects": ["gl.>"]})
        publisher.begin([Outgoing("gl.p.raw.c.s", b"x" * 200_000) for _ in range(3)])  # one or two find room
        trouble = await eventually(
            lambda: "max_file_store is full" in publisher.trouble and publisher.trouble
        )
    assert trouble.startswith("nats-server has not stored gl.p.raw.c.s for 0 s: insufficient resources")


async def test_a_sealed_stream_refuses_nothing_for_good(bus):
    config = {"name": "RAW", "subjects": ["gl.>"], "allow_direct": True}
    await bus.api("STREAM.CREATE.RAW", config)
    await bus.api("STREAM.UPDATE.RAW", {**config, "sealed": True})
    async with Publisher(bus, deadline_seconds=0.2, standstill_seconds=0.0) as publisher:
        sending = asyncio.create_task(publisher.publish_all(numbered(5)))
        await eventually(lambda: "sealed" in publisher.trouble)
        await bus.api("STREAM.DELETE.RAW")
        await bus.api("STREAM.CREATE.RAW", config)
        await asyncio.wait_for(sending, 5)
    assert len(await kept_in(bus)) == 5


async def test_a_stream_that_does_not_say_what_it_has_is_told_in_words(bus):
    await bus.api("STREAM.CREATE.RAW", {**RAW, "allow_direct": False})
    message = Outgoing("gl.p.raw.c.s", b"1", {}, "m1", doubt=Doubt(["m1"]))
    async with Publisher(bus, deadline_seconds=0.1, standstill_seconds=0.0) as publisher:
        sending = asyncio.create_task(publisher.publish_all([message]))
        await eventually(
            lambda: "cannot be asked: no answer from $JS.API.DIRECT.GET.RAW" in publisher.trouble
        )
        await bus.api("STREAM.UPDATE.RAW", RAW)
        (ack,) = await asyncio.wait_for(sending, 5)
    assert (ack.seq, ack.duplicate) == (1, False)
