import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.bus import (
    Bus,
    BusClosedError,
    BusSettings,
    Durable,
    EmbeddedServer,
    Outgoing,
    Publisher,
    PullConsumer,
)
from integrations.bus.reading.received import NotFromJetStreamError, parse_reply

DURABLE = Durable("RAW", "reader", ["gl.p.raw.>"])


async def publish(bus, numbers):
    messages = [Outgoing(f"gl.p.raw.c.s{i % 7}", b"%d" % i, {"n": str(i)}, f"m{i}") for i in numbers]
    async with Publisher(bus) as publisher:
        await publisher.publish_all(messages)


async def read(consumer, count, *, ack=True, max_messages=500):
    """Sequences of the next `count` messages."""
    seen = []
    async with asyncio.timeout(20):
        async for chunk in consumer.chunks(max_messages):
            seen.extend(chunk)
            if ack:
                consumer.ack(chunk)
            if len(seen) >= count:
                return seen
    return seen


def sequences(messages):
    return [message.stream_sequence for message in messages]


async def test_a_backlog_comes_in_order_and_in_full_chunks(streams):
    await publish(streams, range(1200))
    async with PullConsumer(streams, DURABLE, batch=500) as consumer:
        chunks = []
        async for chunk in consumer.chunks():
            chunks.append(chunk)
            consumer.ack(chunk)
            if sum(map(len, chunks)) == 1200:
                break
    assert [len(chunk) for chunk in chunks] == [500, 500, 200]
    assert [s for chunk in chunks for s in sequences(chunk)] == list(range(1, 1201))
    message = chunks[0][0]
    assert (message.delivered, message.pending) == (1, 1199)
    assert message.subject.endswith(".c.s0")
    assert message.headers["n"] == "0"
    assert message.time_ns > 1.7e18


async def test_a_single_message_comes_at_once(streams):
    async with PullConsumer(streams, DURABLE) as consumer:
        reading = asyncio.create_task(read(consumer, 1))
        await publish(streams, [1])
        assert sequences(await asyncio.wait_for(reading, 1)) == [1]


async def test_chunks_are_bounded_in_bytes_but_never_empty(streams):
    await publish(streams, range(100, 110))
    async with PullConsumer(streams, DURABLE) as consumer:
        sizes = []
        async for chunk in consumer.chunks(max_bytes=7):
            sizes.append(len(chunk))
            consumer.ack(chunk)
            if sum(sizes) == 10:
                break
    assert sizes == [2, 2, 2, 2, 2]


async def test_chunks_are_bounded_in_bytes_of_each_subject(streams):
    await publish(streams, range(100, 112))
    async with PullConsumer(streams, DURABLE) as consumer:
        async for chunk in consumer.chunks(max_subject_bytes=3):
            assert len({message.subject for message in chunk}) == len(chunk) > 1
            break


async def test_a_new_reader_continues_after_what_was_acknowledged(streams):
    await publish(streams, range(10))
    async with PullConsumer(streams, DURABLE) as consumer:
        first = await read(consumer, 5, ack=False, max_messages=5)
        consumer.ack(first[:3])
    async with PullConsumer(streams, DURABLE) as consumer:
        assert sequences(await read(consumer, 7)) == [4, 5, 6, 7, 8, 9, 10]


async def test_a_reader_that_begins_now_leaves_what_was_there_before_it(streams):
    durable = Durable("RAW", "from-now", ["gl.p.raw.>"], begins_now=True)
    await publish(streams, range(5))
    async with PullConsumer(streams, durable) as consumer:
        await consumer.rewind()  # it is made now
        await publish(streams, range(5, 7))
        assert sequences(await read(consumer, 2)) == [6, 7]
    await publish(streams, range(7, 9))
    async with PullConsumer(streams, durable) as consumer:
        assert sequences(await read(consumer, 2)) == [8, 9]


async def test_rewind_brings_what_is_open_and_not_what_is_settled(streams):
    await publish(streams, range(10))
    async with PullConsumer(streams, DURABLE) as consumer:
        held = await read(consumer, 6, ack=False, max_messages=6)
        consumer.ack([held[0], held[1], held[4]])
        await consumer.rewind()
        assert sequences(await read(consumer, 7)) == [3, 4, 6, 7, 8, 9, 10]
        await streams.client.flush()
        await settled(streams, 10)


async def settled(bus, floor):
    """Wait until the server's ack floor has come to `floor`."""
    async with asyncio.timeout(5):
        while (await bus.api("CONSUMER.INFO.RAW.reader"))["ack_floor"]["stream_seq"] != floor:
            pass


async def test_an_acknowledgement_of_before_a_rewind_still_counts(streams):
    await publish(streams, range(5))
    async with PullConsumer(streams, DURABLE) as consumer:
        held = await read(consumer, 5, ack=False)
        await consumer.rewind()
        consumer.ack(held)
        await publish(streams, [5])
        assert sequences(await read(consumer, 1)) == [6]
        await settled(streams, 6)


async def test_a_server_restart_shows_nothing_twice_and_loses_nothing(tmp_path):
    async with (
        EmbeddedServer(tmp_path / "store") as server,
        Bus(BusSettings(url=server.url), attempts=1) as bus,
    ):
        await bus.api("STREAM.CREATE.RAW", {"name": "RAW", "subjects": ["gl.>"]})
        await publish(bus, range(1000))
        async with PullConsumer(bus, DURABLE, batch=100) as consumer:
            seen = []
            async with asyncio.timeout(30):
                async for chunk in consumer.chunks(50):
                    seen += sequences(chunk)
                    if len(seen) in {200, 600}:
                        await server.kill()
                        consumer.ack(chunk)  # lost: nobody is there
                        await server.start()
                    consumer.ack(chunk)
                    if len(seen) >= 1000:
                        break
    assert seen == list(range(1, 1001))
    assert consumer.generation >= 3


async def test_a_deleted_consumer_is_made_again_where_we_were(streams):
    await publish(streams, range(10))
    async with PullConsumer(streams, DURABLE) as consumer:
        assert len(await read(consumer, 10)) == 10
        reading = asyncio.create_task(read(consumer, 2))
        await asyncio.sleep(0)
        await streams.api("CONSUMER.DELETE.RAW.reader")
        await publish(streams, [10, 11])
        assert sequences(await asyncio.wait_for(reading, 10)) == [11, 12]


async def test_a_stream_made_anew_is_read_from_its_start(streams):
    await publish(streams, range(10))
    async with PullConsumer(streams, DURABLE) as consumer:
        await read(consumer, 10)
        config = (await streams.api("STREAM.INFO.RAW"))["config"]
        reading = asyncio.create_task(read(consumer, 3))
        await streams.api("STREAM.DELETE.RAW")
        await streams.api("STREAM.CREATE.RAW", config)
        await publish(streams, range(3))
        assert sequences(await asyncio.wait_for(reading, 20)) == [1, 2, 3]


async def test_a_lost_message_is_noticed_by_its_sequence(streams):
    await publish(streams, range(10))
    async with PullConsumer(streams, DURABLE) as consumer:
        on_message, dropped = consumer._on_message, []

        def lossy(msg):
            if msg.data == b"4" and not dropped:
                dropped.append(msg)
            else:
                on_message(msg)

        consumer._on_message = lossy
        assert sequences(await read(consumer, 10)) == list(range(1, 11))
    assert dropped
    assert consumer.generation == 2


async def test_termination_and_delayed_redelivery(streams):
    await publish(streams, range(3))
    async with PullConsumer(streams, DURABLE) as consumer:
        first, second, third = await read(consumer, 3, ack=False)
        consumer.term([first], "cannot be read\r\nPUB x 0")
        consumer.nak([second], 0.05)
        consumer.ack([third])
        (again,) = await read(consumer, 1)
        assert again.stream_sequence == second.stream_sequence
        assert again.delivered == 2
        await settled(streams, 3)


async def test_closing_the_bus_ends_the_reading(nats_server):
    async with Bus(BusSettings(url=nats_server.url), attempts=1) as bus:
        await bus.api("STREAM.CREATE.RAW", {"name": "RAW", "subjects": ["gl.>"]})
        async with PullConsumer(bus, DURABLE) as consumer:
            reading = asyncio.create_task(read(consumer, 1))
            await publish(bus, [1])
            await reading
            reading = asyncio.create_task(read(consumer, 1))
            await asyncio.sleep(0)
            await bus.client.close()
            with pytest.raises(BusClosedError):
                await reading


numbers = st.tuples(*[st.integers(0, 2**63)] * 5)


@given(numbers, st.sampled_from(["S.c", "domain.hash.S.c"]), st.booleans())
def test_both_forms_of_reply_subjects_are_read(values, names, random_token):
    tail = ".token" if random_token and names != "S.c" else ""
    assert parse_reply(f"$JS.ACK.{names}.{'.'.join(map(str, values))}{tail}") == values


@given(st.text())
def test_other_reply_subjects_are_refused(text):
    with pytest.raises(NotFromJetStreamError):
        parse_reply(text)
    with pytest.raises(NotFromJetStreamError):
        parse_reply(f"$JS.ACK.S.c.1.2.3.4.{text}x")
