"""What cannot be used goes to the dead subject with the reason, and never holds up the rest."""

import pytest

from fakes.site import SITE, Feed, clean, document, events, eventually, running, stored, times
from integrations.bus import EmbeddedServer, Outgoing, Publisher
from integrations.messages import ContentType, Header, Status, is_bad
from integrations.quality import Flag

SUBJECT = f"gl.{SITE}.raw.steam_meter.feed"
UNUSABLE = {
    "no JSON": (b"?", None, "RawBatch"),
    "not a batch": (b"{}", None, "missing"),
    "nothing": (b"", None, "RawBatch"),
    "an unknown content type": (b"{}", "text/plain", "Content-Type"),
    "MessagePack that is none": (b"\xc1", "application/msgpack", "RawBatch"),
    "nested without end": (b"[" * 10_000, None, "nest"),
}


def of_time(time_ns, value="1.0", site=SITE, unit="", sequence=0):
    body = (
        f'{{"schema":"1.0","site":"{site}","device_class":"steam_meter","source":"feed","sequence":{sequence},'
        f'"epoch":1,"origin":"measured","columns":[{{"sensor_id":"x-count","quantity":"count",'
        f'"unit":"{unit}","time":[{time_ns}],"value":[{value}],"status":[0]}}]}}'
    )
    return body.encode()


UNUSABLE |= {
    "from another site": (of_time(1, site="elsewhere"), None, "elsewhere"),
    "a time before all clocks": (of_time(-5), None, "time"),
    "a time beyond all clocks": (of_time(2**63), None, "time"),
    "a value that is no number": (of_time(1, value='"warm"'), None, "value"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
async def test_an_unusable_message_is_kept_with_its_reason_and_the_next_is_cleaned(
    nats_server, streams, kind
):
    body, content_type, reason = UNUSABLE[kind]
    headers = {Header.CONTENT_TYPE.value: content_type} if content_type else {}
    feed = Feed()
    async with running("transformation", document(nats_server.url)), Publisher(streams) as publisher:
        await publisher.publish_all([feed.next(), Outgoing(SUBJECT, body, headers), feed.next()])
        await eventually(lambda: cleaned(streams, 2))
        (letter,) = await eventually(lambda: stored(streams, "DEAD", f"gl.{SITE}.dead.RAW"))
        (event,) = await eventually(lambda: events(streams, "dead_letter"))
    assert letter.data == body
    assert letter.headers[Header.DEAD_SUBJECT] == SUBJECT
    assert letter.headers[Header.DEAD_SEQUENCE] == "2"
    assert reason in letter.headers[Header.DEAD_REASON]
    assert letter.headers.get(Header.CONTENT_TYPE) == content_type
    assert reason in event.text


async def cleaned(bus, count):
    return sum(len(batch.time) for batch in await clean(bus)) >= count


async def test_dead_letters_are_not_repeated_by_a_restart(nats_server, streams):
    table = document(nats_server.url)
    async with Publisher(streams) as publisher:
        async with running("transformation", table):
            await publisher.publish_all([Outgoing(SUBJECT, b"?")])
            await eventually(lambda: stored(streams, "DEAD", f"gl.{SITE}.dead.RAW"))
        await streams.api("STREAM.PURGE.KV_gl_replicas")  # as if nobody had written down how far it was
        async with running("transformation", table):
            await publisher.publish_all([Feed().next()])
            await eventually(lambda: cleaned(streams, 1))
    assert len(await stored(streams, "DEAD", f"gl.{SITE}.dead.RAW")) == 1


async def test_many_dead_among_the_living_block_nothing(nats_server, streams):
    feed = Feed()
    messages = [feed.next() if at % 2 else Outgoing(SUBJECT, b"?%d" % at) for at in range(1000)]
    async with running("transformation", document(nats_server.url)), Publisher(streams) as publisher:
        await publisher.publish_all(messages)
        await eventually(lambda: cleaned(streams, 500))
    assert times(await clean(streams), "value") == {"s-flow_rate": [float(n) for n in range(500)]}
    assert len(await stored(streams, "DEAD", f"gl.{SITE}.dead.RAW")) == 500


async def test_an_unknown_unit_is_told_once_and_its_readings_are_carried(nats_server, streams):
    feed = Feed(("odd-flow_rate",), "flow_rate", "furlong/fortnight")
    async with running("transformation", document(nats_server.url)), Publisher(streams) as publisher:
        await publisher.publish_all([feed.next(value=4.5) for _ in range(5)])
        await eventually(lambda: cleaned(streams, 5))
        await publisher.publish_all([feed.next(value=4.5) for _ in range(5)])
        await eventually(lambda: cleaned(streams, 10))
        await eventually(lambda: events(streams, "sensor_unusable"))
    (event,) = await events(streams, "sensor_unusable")
    assert event.facts["unit"] == "furlong/fortnight"
    assert "furlong/fortnight" in event.text
    for batch in await clean(streams):
        assert batch.raw_unit == "furlong/fortnight"
        assert set(batch.raw_value) == {4.5}
        assert set(batch.value) == {None}
        assert all(flags & Flag.UNCONVERTIBLE for flags in batch.flags)
        assert all(is_bad(status) for status in batch.status)


async def test_no_nan_and_no_infinity_becomes_a_good_reading(nats_server, streams):
    feed = Feed()
    messages = [
        feed.next(value=value, content_type=ContentType.MSGPACK)
        for value in (float("nan"), float("inf"), float("-inf"), 1.0)
    ]
    async with running("transformation", document(nats_server.url)), Publisher(streams) as publisher:
        await publisher.publish_all(messages)
        await eventually(lambda: cleaned(streams, 4))
    batches = await clean(streams)
    assert times(batches, "value")["s-flow_rate"] == [None, None, None, 1.0]
    quality = times(batches, "quality")["s-flow_rate"]
    assert quality[:3] == [0, 0, 0]
    assert all(is_bad(status) for status in times(batches, "status")["s-flow_rate"][:3])
    assert times(batches, "status")["s-flow_rate"][3] == Status.GOOD


async def test_a_clean_batch_that_the_bus_cannot_take_is_dead_and_the_next_is_cleaned():
    async with EmbeddedServer(config="max_payload: 65536") as server, _streams(server.url) as bus:
        feed = Feed()
        async with running("transformation", document(server.url)), Publisher(bus) as publisher:
            await publisher.publish_all([feed.next(samples=2400, content_type=ContentType.MSGPACK)])
            await publisher.publish_all([feed.next() for _ in range(500)])
            await eventually(lambda: cleaned(bus, 500))
        (letter,) = await stored(bus, "DEAD", f"gl.{SITE}.dead.RAW")
    assert "65536" in letter.headers[Header.DEAD_REASON]


def _streams(url):
    from contextlib import asynccontextmanager

    from integrations.bus import Bus, BusSettings, StreamSettings, ensure_streams, stream_configs

    @asynccontextmanager
    async def opened():
        async with Bus(BusSettings(url=url), attempts=3) as bus:
            await ensure_streams(bus, stream_configs(StreamSettings(storage_bytes=64 * 1024 * 1024), "test"))
            yield bus

    return opened()
