"""Readers that share a consumer: what one of them leaves is the others' at once."""

import asyncio

import msgspec

from fakes.site import eventually
from integrations.bus import Outgoing, Publisher, SharedConsumer, ensure_streams, listening

QUEUE = {
    "name": "QUEUE",
    "subjects": ["q.*"],
    "storage": "file",
    "retention": "workqueue",
    "allow_direct": True,
}
LONG = 600.0


def reader(bus):
    return SharedConsumer(bus, "QUEUE", "readers", ["q.*"], batch=10, ack_wait_seconds=LONG)


async def test_what_a_reader_had_not_read_when_it_ended_goes_to_the_next(bus):
    await ensure_streams(bus, [QUEUE])
    async with Publisher(bus) as publisher:
        await publisher.publish_all([Outgoing(f"q.{number}", b"") for number in range(10)])
    async with reader(bus) as first:
        async for chunk in first.chunks(max_messages=1):
            first.ack(chunk)
            break
    read = {chunk[0].subject}
    async with asyncio.timeout(30), reader(bus) as second:
        async for chunk in second.chunks():
            second.ack(chunk)
            read.update(message.subject for message in chunk)
            if len(read) == 10:
                break
    assert read == {f"q.{number}" for number in range(10)}


async def test_a_consumer_that_takes_in_more_is_read_as_it_is_and_the_rest_passed_over(bus):
    await ensure_streams(bus, [QUEUE])
    await SharedConsumer(bus, "QUEUE", "readers", ["q.*"]).make(lasting=True)
    async with Publisher(bus) as publisher:
        await publisher.publish_all([Outgoing(f"q.{number}", b"") for number in range(3)])
    async with asyncio.timeout(30), SharedConsumer(bus, "QUEUE", "readers", ["q.2"]) as one:
        async for chunk in one.chunks():
            one.ack(chunk)
            assert [message.subject for message in chunk] == ["q.2"]
            break
        info = await bus.api("CONSUMER.INFO.QUEUE.readers")
        assert info["config"].get("filter_subject") or info["config"]["filter_subjects"] == ["q.*"]
        assert "inactive_threshold" not in info["config"]


async def test_a_reader_of_what_others_made_hears_what_comes_and_leaves_no_request_lying(bus):
    await ensure_streams(bus, [QUEUE])
    await reader(bus).make(lasting=True)
    asked, ends = [], []
    asking = listening(bus, "$JS.API.CONSUMER.MSG.NEXT.QUEUE.readers", lambda *heard: asked.append(heard[-1]))
    ending = listening(bus, "_INBOX.>", lambda _, headers, __: ends.append(headers.get("Status")))
    async with Publisher(bus) as publisher, asyncio.timeout(30), asking, ending, reader(bus) as one:
        reading = one.chunks()
        first = asyncio.ensure_future(anext(reading))
        await eventually(lambda: asked)
        await publisher.publish_all([Outgoing("q.1", b"")])
        one.ack(await first)
        await publisher.publish_all([Outgoing("q.2", b"")])
        one.nak(await anext(reading), delay_seconds=0.1)
        (again,) = await anext(reading)
        assert (again.subject, again.delivered) == ("q.2", 2)
    assert sum(status in {"404", "408"} for status in ends) == len(asked)
    assert all(msgspec.json.decode(body).get("expires", 0) < 1e9 for body in asked)
