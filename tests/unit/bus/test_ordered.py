"""Reading a stream in order without acknowledging: each message once, whatever happens meanwhile."""

import asyncio

import pytest

from integrations.bus import (
    Bus,
    BusSettings,
    EmbeddedServer,
    OrderedConsumer,
    Outgoing,
    Publisher,
)
from integrations.bus.reading import pulling

BOUNDS = (500, 1 << 20, 1 << 20)


async def publish(bus, numbers):
    messages = [Outgoing(f"o.{i % 3}", b"%d" % i, {}, f"m{i}") for i in numbers]
    async with Publisher(bus) as publisher:
        await publisher.publish_all(messages)


async def read(consumer, count):
    """Bodies of the next `count` messages."""
    seen = []
    async with asyncio.timeout(20):
        while len(seen) < count:
            seen += [int(message.data) for message in await consumer.chunk(*BOUNDS)]
    return seen


async def make(bus):
    await bus.api("STREAM.CREATE.O", {"name": "O", "subjects": ["o.>"], "duplicate_window": 10**9})


@pytest.fixture
async def stream(bus):
    await make(bus)
    return bus


async def consumers(bus):
    return (await bus.api("CONSUMER.NAMES.O"))["consumers"] or []


async def test_what_is_there_comes_first_then_what_comes_and_nothing_is_left_on_the_server(stream):
    await publish(stream, range(1200))
    async with OrderedConsumer(stream, "O", ["o.>"]) as consumer:
        assert await read(consumer, 1200) == list(range(1200))
        reading = asyncio.create_task(read(consumer, 2))
        await publish(stream, [1200, 1201])
        assert await reading == [1200, 1201]
        assert len(await consumers(stream)) == 1
    assert await consumers(stream) == []


async def test_it_begins_where_it_is_told_and_takes_only_its_subjects(stream):
    await publish(stream, range(20))
    async with OrderedConsumer(stream, "O", ["o.0", "o.2"], start_sequence=11) as consumer:
        assert await read(consumer, 6) == [n for n in range(10, 20) if n % 3 != 1]


async def test_many_read_at_once(stream):
    await publish(stream, range(30))
    async with (
        OrderedConsumer(stream, "O", ["o.>"]) as one,
        OrderedConsumer(stream, "O", ["o.>"]) as other,
    ):
        assert await read(one, 30) == await read(other, 30) == list(range(30))


async def test_other_subjects_from_another_place(stream):
    await publish(stream, range(9))
    async with OrderedConsumer(stream, "O", ["o.0"]) as consumer:
        assert await read(consumer, 3) == [0, 3, 6]
        consumer.follow(["o.0", "o.1"], 4)
        assert await read(consumer, 4) == [3, 4, 6, 7]
        assert len(await consumers(stream)) == 1


async def test_a_reader_that_waits_can_be_called(stream):
    async with OrderedConsumer(stream, "O", ["o.>"]) as consumer:
        waiting = asyncio.create_task(consumer.chunk(*BOUNDS))
        await asyncio.sleep(0.1)
        consumer.wake()
        assert await asyncio.wait_for(waiting, 1) == []
        consumer.wake()
        assert await asyncio.wait_for(consumer.chunk(*BOUNDS), 1) == []


async def call_again_and_again(consumer):
    while True:
        consumer.wake()
        await asyncio.sleep(0.05)


async def test_a_reader_that_is_called_all_the_time_still_notices_that_nothing_is_heard(stream, monkeypatch):
    monkeypatch.setattr(pulling, "HEARTBEAT_SECONDS", 0.2)
    async with OrderedConsumer(stream, "O", ["o.>"]) as consumer:
        consumer._on_message = lambda msg: None  # as if the server had forgotten us
        calling = asyncio.create_task(call_again_and_again(consumer))
        async with asyncio.timeout(5):
            while consumer.generation < 2:
                await consumer.chunk(*BOUNDS)
        calling.cancel()


async def test_a_server_that_was_killed_costs_nothing_and_repeats_nothing(tmp_path):
    async with EmbeddedServer(tmp_path / "store") as server, Bus(BusSettings(url=server.url)) as bus:
        await make(bus)
        await publish(bus, range(1000))
        async with OrderedConsumer(bus, "O", ["o.>"], batch=100) as consumer:
            seen = []
            async with asyncio.timeout(30):
                while len(seen) < 1000:
                    seen += [int(message.data) for message in await consumer.chunk(50, 1 << 20, 1 << 20)]
                    if len(seen) in {200, 600}:
                        await server.kill()
                        await server.start()
    assert seen == list(range(1000))


async def test_a_lost_message_is_noticed_and_asked_for_again(stream):
    await publish(stream, range(10))
    async with OrderedConsumer(stream, "O", ["o.>"]) as consumer:
        on_message, dropped = consumer._on_message, []

        def lossy(msg):
            if msg.data == b"4" and not dropped:
                dropped.append(msg)
            else:
                on_message(msg)

        consumer._on_message = lossy
        assert await read(consumer, 10) == list(range(10))
    assert dropped


async def test_a_stream_made_anew_is_read_from_its_start(stream):
    await publish(stream, range(10))
    async with OrderedConsumer(stream, "O", ["o.>"]) as consumer:
        await read(consumer, 10)
        created = consumer.created
        reading = asyncio.create_task(read(consumer, 3))
        await stream.api("STREAM.DELETE.O")
        await make(stream)
        await publish(stream, range(3))
        assert await reading == [0, 1, 2]
        assert consumer.created != created
