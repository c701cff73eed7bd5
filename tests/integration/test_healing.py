"""Devices, bus and services come and go in any order; what is away is said, and nothing old looks new."""

import asyncio
import contextlib
import itertools
import socket
import time

import pytest

from fakes.modbus import TcpPeer, honest
from fakes.site import (
    SITE,
    Child,
    Meter,
    clean,
    clean_samples,
    document,
    events,
    eventually,
    meter_table,
    raw,
    running,
    served,
    times,
    toml,
)
from integrations.bus import Bus, BusSettings, EmbeddedServer, Latest
from integrations.messages import CleanBatch, Qartod, decode, is_bad
from integrations.quality import Flag
from integrations.simulation import PlantServer, UnitCondition


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def newer_value(bus, after_ns):
    return [t for t, value, *_ in await clean_samples(bus) if value is not None and t > after_ns]


async def last_time(bus):
    return max((t for batch in await clean(bus, "meter-pressure") for t in batch.time), default=0)


async def heals(bus):
    """New values arrive from now on."""
    after = await last_time(bus)
    return await eventually(lambda: newer_value(bus, after), 20)


PARTS = ("device", "bus", "steam_meter", "transformation")


@pytest.mark.parametrize("order", [PARTS, PARTS[::-1], ("steam_meter", "bus", "transformation", "device")])
async def test_any_order_of_starting_and_restarting_heals(tmp_path, order):
    bus_port, device_port = free_port(), free_port()
    meter, config = Meter(), tmp_path / "plant.toml"
    server = EmbeddedServer(tmp_path / "store", bus_port)
    device = PlantServer([meter.unit], port=device_port)
    children = {name: Child(name, config, tmp_path / name) for name in ("steam_meter", "transformation")}
    config.write_text(toml(document(f"nats://127.0.0.1:{bus_port}", meter_table(device_port))))

    async def stop_and_start(part):
        nonlocal device
        if part == "device":
            await device.__aexit__(None, None, None)
            device = PlantServer([meter.unit], port=device_port)
            await device.__aenter__()
        elif part == "bus":
            await server.stop()
            await server.start()
        else:
            assert await children[part].end() == 0
            await children[part].start()

    start = {"device": device.__aenter__, "bus": server.__aenter__}
    start |= {name: child.start for name, child in children.items()}
    try:
        for part in order:
            await start[part]()
        async with Bus(BusSettings(url=f"nats://127.0.0.1:{bus_port}"), attempts=20) as bus:
            await eventually(lambda: polled(bus), 20)
            await heals(bus)
            for part in order:
                await stop_and_start(part)
                await heals(bus)
            await eventually(lambda: all_there(bus))
    finally:
        for child in children.values():
            await child.__aexit__(None, None, None)
        await device.__aexit__(None, None, None)
        await server.__aexit__(None, None, None)


async def polled(bus):
    if "KV_gl_latest" not in ((await bus.api("STREAM.NAMES"))["streams"] or ()):
        return False
    return await raw(bus)


async def all_there(bus):
    """CLEAN holds the samples of RAW, each once and in order."""
    return times(await clean(bus)) == times(await raw(bus))


async def test_what_is_measured_before_the_bus_is_there_is_on_it_afterwards(tmp_path):
    bus_port, polls = free_port(), 0

    async def counted(query, wire):
        nonlocal polls
        polls += 1
        await honest(query, wire)

    async with contextlib.AsyncExitStack() as stack:
        device = await stack.enter_async_context(TcpPeer(counted))
        table = document(f"nats://127.0.0.1:{bus_port}", meter_table(device.port))
        await stack.enter_async_context(running("steam_meter", table))
        await eventually(lambda: polls > 3)
        bus_began_ns = time.time_ns()
        await stack.enter_async_context(EmbeddedServer(tmp_path / "store", bus_port))
        bus = await stack.enter_async_context(
            Bus(BusSettings(url=f"nats://127.0.0.1:{bus_port}"), attempts=20)
        )
        await eventually(lambda: polled(bus), 20)
        (first, *_) = await raw(bus)
        assert (first.sequence, first.columns[0].time[0] < bus_began_ns) == (0, True)


async def test_a_device_that_is_away_gives_no_value_and_an_old_one_never_a_new_time(nats_server, streams):
    port = free_port()
    table = document(nats_server.url, meter_table(port))
    async with running("transformation", table), running("steam_meter", table):
        await eventually(lambda: circuit(streams, "open"))
        async with served(Meter(), port=port):
            await heals(streams)
            await eventually(lambda: circuit(streams, "closed"))
        away = await last_time(streams)
        await eventually(lambda: missing_after(streams, away))
        kept = await eventually(lambda: state(streams, "circuit_open"))
        assert any("meter" in event.text for event in kept)
        async with served(Meter(), port=port):
            await heals(streams)
    samples = await clean_samples(streams)
    for _, value, raw_value, status, qartod, quality in samples:
        if value is None:
            assert raw_value is None
            assert is_bad(status)
            assert (qartod, quality) == (Qartod.MISSING, 0)
    present = [value is not None for _, value, *_ in samples]
    assert [key for key, _ in itertools.groupby(present)][:4] == [False, True, False, True]
    assert all(earlier[0] < later[0] for earlier, later in itertools.pairwise(samples))


async def missing_after(bus, time_ns):
    return [t for t, value, *_ in await clean_samples(bus) if value is None and t > time_ns]


async def circuit(bus, after):
    return [event for event in await events(bus, "circuit_state") if event.facts["after"] == after]


async def state(bus, after):
    return [event for event in await events(bus, "connection_state") if event.facts["after"] == after]


async def latest(bus, sensor="meter-pressure"):
    found = await Latest(bus).get(f"{SITE}.steam_meter.{sensor}")
    return found and decode(found.data, CleanBatch)


async def test_a_silent_sensor_is_told_once_and_its_last_value_marked(nats_server, streams):
    async with served(Meter()) as server:
        table = document(
            nats_server.url, meter_table(server.port), transformation={"silent_after_seconds": 0.5}
        )

        async def marked():
            last = await latest(streams)
            return last if last and last.flags[0] & Flag.STALE else None

        async with running("transformation", table):
            async with running("steam_meter", table):
                await heals(streams)
            spoke = await last_time(streams)
            gone = await eventually(marked)
            assert (gone.time, gone.value, gone.qartod) == ([spoke], [9.5], [Qartod.SUSPECT])
            told = await eventually(lambda: events(streams, "sensor_stale"))
            assert {event.subject_id for event in told} == {"meter-flow_rate", "meter-pressure"}
        async with running("transformation", table):  # a restart neither forgets it nor tells it again
            await asyncio.sleep(1.5)  # longer than it may be silent
            assert (await marked()).time == [spoke]
            assert len(await events(streams, "sensor_stale")) == 2
            async with running("steam_meter", table):
                await heals(streams)
                await eventually(lambda: fresh(streams))


async def fresh(bus):
    last = await latest(bus)
    return not last.flags[0] & Flag.STALE


async def test_a_sensor_that_fell_silent_while_nobody_listened_is_marked(nats_server, streams):
    async with served(Meter()) as server:
        table = document(
            nats_server.url, meter_table(server.port), transformation={"silent_after_seconds": 0.5}
        )
        async with running("transformation", table), running("steam_meter", table):
            await heals(streams)
        before = await latest(streams)
        assert not before.flags[0] & Flag.STALE
        async with running("transformation", table):
            assert len(await eventually(lambda: told_of(streams, 2))) == 2
            after = await eventually(lambda: marked_again(streams))
    assert after.time == before.time


async def told_of(bus, count):
    told = await events(bus, "sensor_stale")
    return told if len(told) >= count else None


async def marked_again(bus):
    last = await latest(bus)
    return last if last.flags[0] & Flag.STALE else None


async def test_a_silent_unit_behind_a_gateway_costs_its_neighbours_nothing(nats_server, streams):
    dead, *alive = [Meter(unit_id=number) for number in range(1, 5)]
    dead.condition = UnitCondition(silent=True)
    async with served(dead, *alive) as server:
        tables = [
            meter_table(server.port, f"meter{number}", number, sampling_rate_hz=5.0) for number in range(1, 5)
        ]
        table = document(nats_server.url, *tables)
        async with running("steam_meter", table):
            await eventually(lambda: samples_of(streams, "meter2", 30), 15)
    polls = times(await raw(streams))
    for number in range(2, 5):
        own = polls[f"meter{number}-pressure"]
        gaps = [round((later - earlier) / 1e9, 1) for earlier, later in itertools.pairwise(own[1:])]
        assert max(gaps) <= 0.3, f"meter{number}: {gaps}"
        assert abs((own[-1] - own[1]) / 1e9 - 0.2 * (len(own) - 2)) < 0.2  # no grid point is left out


async def samples_of(bus, meter, count):
    return len(times(await raw(bus)).get(f"{meter}-pressure", ())) >= count
