"""Every sample that is in RAW comes to CLEAN once and in order, whatever is stopped or killed meanwhile."""

import asyncio
import signal
import time
from contextlib import asynccontextmanager

import pytest

from fakes.site import (
    SITE,
    Child,
    Feed,
    Meter,
    clean,
    document,
    eventually,
    meter_table,
    raw,
    running,
    served,
    stored,
    times,
    toml,
)
from integrations.bus import (
    Bus,
    BusSettings,
    EmbeddedServer,
    Outgoing,
    Publisher,
    StreamSettings,
    ensure_streams,
    stream_configs,
)
from integrations.quality import Flag

SENSORS = tuple(f"s{number}-count" for number in range(20))
NAMES = ("RAW", "CLEAN", "EVENTS", "DEAD", "KV_gl_latest")
STREAMS = stream_configs(StreamSettings(storage_bytes=64 * 1024 * 1024), "test")


@asynccontextmanager
async def feeding(bus, pause=0.005):
    """Put numbered messages into RAW until the yielded function is awaited; it returns how many there are."""
    feed, enough = Feed(SENSORS), asyncio.Event()

    async def put():
        async with Publisher(bus) as publisher:
            while not enough.is_set():
                await publisher.publish_all([feed.next() for _ in range(5)])
                await asyncio.sleep(pause)

    async def end():
        enough.set()
        await task
        return feed.count

    task = asyncio.create_task(put())
    try:
        yield end
    finally:
        task.cancel()


async def has_clean(bus, count):
    values = times(await clean(bus), "value")
    return len(values) == len(SENSORS) and min(map(len, values.values())) >= count


async def once_and_in_order(bus, count):
    """Wait until every sensor has all samples, then assert that it has them once, in order."""
    await eventually(lambda: has_clean(bus, count), 20)
    values = times(await clean(bus), "value")
    for sensor in SENSORS:
        assert values[sensor] == [float(number) for number in range(count)], sensor


@pytest.fixture
def config(tmp_path):
    def write(url, *meters, **more):
        path = tmp_path / "plant.toml"
        path.write_text(toml(document(url, *meters, **more)))
        return path

    return write


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_the_transformation_ends_in_the_middle_of_a_stream(nats_server, streams, config, tmp_path, how):
    child = Child("transformation", config(nats_server.url), tmp_path / "log")
    async with child, feeding(streams) as end:
        for _ in range(2):
            seen = len(await clean(streams))
            await eventually(lambda seen=seen: more_than(streams, seen), 15)
            await child.restart(how)
        await once_and_in_order(streams, await end())


async def more_than(bus, count):
    return len(await clean(bus)) > count


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_the_nats_server_ends_in_the_middle_of_a_stream(tmp_path, how):
    async with (
        EmbeddedServer(tmp_path / "store") as server,
        Bus(BusSettings(url=server.url), attempts=3) as bus,
    ):
        await ensure_streams(bus, STREAMS)
        async with running("transformation", document(server.url)), feeding(bus) as end:
            for _ in range(2):
                seen = len(await clean(bus))
                await eventually(lambda seen=seen: more_than(bus, seen), 15)
                await getattr(server, how)()
                await server.start()
            await once_and_in_order(bus, await end())


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_the_acquisition_ends_in_the_middle_of_a_stream(nats_server, streams, config, tmp_path, how):
    async with served(Meter()) as server:
        path = config(nats_server.url, meter_table(server.port, sampling_rate_hz=50.0))
        child = Child("steam_meter", path, tmp_path / "log")
        async with running("transformation", document(nats_server.url)), child:
            for _ in range(2):
                seen = len(await raw(streams))
                await eventually(lambda seen=seen: raw_more_than(streams, seen + 20), 15)
                await child.restart(how)
            seen = len(await raw(streams))
            await eventually(lambda: raw_more_than(streams, seen + 20), 15)
            assert await child.end() == 0
            await eventually(lambda: all_clean(streams))
    at = times(await raw(streams))["meter-pressure"]
    assert at == sorted(set(at))


async def raw_more_than(bus, count):
    return len(await raw(bus)) > count


async def all_clean(bus):
    """Whether CLEAN holds exactly the samples of RAW, sensor by sensor, in order."""
    return times(await clean(bus)) == times(await raw(bus))


async def test_a_chunk_that_was_published_in_part_is_completed(nats_server, streams):
    async with Publisher(streams) as publisher:
        async with running("transformation", document(nats_server.url)):
            feed = Feed(SENSORS)
            await publisher.publish_all([feed.next() for _ in range(50)])
            await once_and_in_order(streams, 50)
        kept = await stored(streams, "CLEAN", f"gl.{SITE}.clean.>")
        await streams.api("STREAM.DELETE.CLEAN")
        await ensure_streams(streams, STREAMS)
        for message in kept:  # as if it had been killed before it published the others
            if message.subject.rpartition(".")[2] in SENSORS[::2]:
                await publisher.publish_all([Outgoing(message.subject, message.data)])
        await streams.api("STREAM.PURGE.KV_gl_replicas")  # and before it wrote down how far it was
        await publisher.publish_all([feed.next() for _ in range(10)])
        async with running("transformation", document(nats_server.url)):
            await once_and_in_order(streams, 60)


async def test_a_repeat_beyond_the_duplicate_window_counts_once(nats_server, streams):
    feed = Feed(SENSORS)
    messages = [feed.next() for _ in range(10)]
    without_id = [type(each)(each.subject, each.payload, each.headers) for each in messages]
    async with running("transformation", document(nats_server.url)), Publisher(streams) as publisher:
        await publisher.publish_all(messages)
        await publisher.publish_all(without_id)
        await publisher.publish_all([feed.next() for _ in range(5)])
        await once_and_in_order(streams, 15)


async def test_an_acquisition_whose_clock_went_back_is_heard(nats_server, streams):
    async with running("transformation", document(nats_server.url)), Publisher(streams) as publisher:
        await publisher.publish_all([Feed(SENSORS, epoch=2_000).next()])
        await publisher.publish_all([Feed(SENSORS, epoch=1_000).next()])
        await eventually(lambda: has_clean(streams, 2))


async def test_a_still_value_from_before_the_restart_still_counts(nats_server, streams):
    table = document(nats_server.url)
    feed = Feed(("still-flow_rate",), "flow_rate", "t/hr")
    second = time.time_ns() - 60_000_000_000
    messages = [feed.next(value=5.0, time_ns=second + at * 1_000_000_000) for at in range(12)]
    async with Publisher(streams) as publisher:
        async with running("transformation", table):
            await publisher.publish_all(messages[:8])
            await eventually(lambda: more_than(streams, 0))
            await eventually(lambda: all_clean(streams))
        async with running("transformation", table):
            await publisher.publish_all(messages[8:])
            await eventually(lambda: all_clean(streams))
    flags = times(await clean(streams), "flags")["still-flow_rate"]
    assert [bool(mask & Flag.FLATLINE) for mask in flags] == [False] * 9 + [True] * 3


async def test_a_jump_over_the_restart_is_seen(nats_server, streams):
    table = document(nats_server.url)
    feed = Feed(("jump-flow_rate",), "flow_rate", "t/hr")
    second = time.time_ns() - 60_000_000_000
    async with Publisher(streams) as publisher:
        async with running("transformation", table):
            await publisher.publish_all([feed.next(value=5.0, time_ns=second)])
            await eventually(lambda: more_than(streams, 0))
        async with running("transformation", table):
            await publisher.publish_all([feed.next(value=50.0, time_ns=second + 1_000_000_000)])
            await eventually(lambda: more_than(streams, 1))
    assert times(await clean(streams), "flags")["jump-flow_rate"][1] & Flag.RATE_OF_CHANGE


@pytest.mark.parametrize("gone", ["RAW", "CLEAN"])
@pytest.mark.parametrize("is_running", [True, False], ids=["while running", "while stopped"])
async def test_a_stream_made_anew_costs_nothing_that_comes_later(nats_server, streams, gone, is_running):
    table = document(nats_server.url)
    feed = Feed(SENSORS)
    async with Publisher(streams) as publisher:
        async with running("transformation", table):
            await publisher.publish_all([feed.next() for _ in range(20)])
            await once_and_in_order(streams, 20)
            if is_running:
                await streams.api(f"STREAM.DELETE.{gone}")
                await publisher.publish_all([feed.next() for _ in range(30)])
                await eventually(lambda: has_numbers(streams, gone), 15)
        if not is_running:
            await streams.api(f"STREAM.DELETE.{gone}")
            await ensure_streams(streams, STREAMS)
            await publisher.publish_all([feed.next() for _ in range(30)])
            async with running("transformation", table):
                await eventually(lambda: has_numbers(streams, gone), 15)
    assert times(await clean(streams), "value")[SENSORS[0]] == expected(gone)


def expected(gone):
    return [float(number) for number in range(20 if gone == "CLEAN" else 0, 50)]


async def has_numbers(bus, gone):
    values = times(await clean(bus), "value")
    return len(values) == len(SENSORS) and all(len(each) >= len(expected(gone)) for each in values.values())


async def test_all_streams_gone_while_everything_runs(nats_server, streams):
    async with served(Meter()) as server:
        table = document(nats_server.url, meter_table(server.port))
        async with running("transformation", table):
            async with running("steam_meter", table):
                await eventually(lambda: more_than(streams, 5))
                await asyncio.gather(*(streams.api(f"STREAM.DELETE.{name}") for name in NAMES))
                await eventually(lambda: present(streams, "KV_gl_latest"), 15)
                await eventually(lambda: more_than(streams, 5), 15)
            await eventually(lambda: all_clean(streams))


async def present(bus, name):
    return name in ((await bus.api("STREAM.NAMES"))["streams"] or ())
