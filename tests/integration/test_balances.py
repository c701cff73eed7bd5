"""Balances on a real bus: plant time runs ahead of ours, everything else is as it will be."""

import time
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest

from fakes.header import SECOND, SENSORS, HeaderReadings, header_table, raw_reading
from fakes.site import SITE, clean, document, events, eventually, running, times
from integrations.bus import JetStreamError, Latest, Publisher
from integrations.devices.pressure_sensor.drift import DriftDetector
from integrations.messages import CleanBatch, Flag, Qartod, Severity, decode

HEALTHY_SECONDS, DRIFT_SECONDS, AFTER_SECONDS = 450, 240, 300
DRIFT = f"drift:main_steam_header.pressure@{HEALTHY_SECONDS}+{DRIFT_SECONDS}=0.005"
"""0.5 % a minute: 50 mbar."""
DEMO_DRIFT_THRESHOLD_BAR = 0.5


def plant_of(faults=(), seconds=1800):
    """Return readings of a plant whose time began so long ago that it ends now."""
    return HeaderReadings(faults, began_ns=time.time_ns() - (seconds + 10) * SECOND)


async def feed(bus, plant, seconds):
    async with Publisher(bus) as publisher:
        await publisher.publish_all([raw_reading(plant, plant.next()) for _ in range(seconds)])


@asynccontextmanager
async def balancing(bus, config, instance="a"):
    """Run the service, and let the test go on once it reads: it begins with what comes then."""

    async def reads():
        with suppress(JetStreamError):
            return await bus.api(f"CONSUMER.INFO.CLEAN.balances-{SITE}")

    async with running("balances", config, instance):
        await eventually(reads)
        yield


def table(url, **more):
    return document(url, balances=[header_table(**more)])


async def virtual(bus, name="header_pressure"):
    return await clean(bus, f"steam_header-{name}")


async def drawn_up(bus, plant):
    """Wait until every period that has ended is drawn up; the last one still waits for later readings."""
    newest = plant.time_ns // (5 * SECOND) * 5 * SECOND

    async def is_there():
        batches = await virtual(bus)
        return batches and batches[-1].time[-1] >= newest

    await eventually(is_there, 60)


async def test_a_drifting_transmitter_is_named_within_minutes_while_each_sensor_alone_looks_fine(
    nats_server, streams
):
    plant = plant_of([DRIFT])
    config = table(nats_server.url)
    async with running("transformation", config), balancing(streams, config):
        await feed(streams, plant, HEALTHY_SECONDS + DRIFT_SECONDS + AFTER_SECONDS)
        await drawn_up(streams, plant)
        (suspect,) = await eventually(lambda: events(streams, "balance_suspect"))
        (restored,) = await eventually(lambda: events(streams, "balance_restored"))

    began = plant.began_ns + HEALTHY_SECONDS * SECOND
    assert (suspect.subject_id, suspect.service, suspect.severity) == (
        "header_pressure",
        "balances",
        Severity.WARNING,
    )
    assert suspect.facts["candidates"] == "header_pressure"
    assert 0 < suspect.facts["period_end_ns"] - began < DRIFT_SECONDS * SECOND
    assert suspect.facts["error"] == pytest.approx(0.1, abs=0.05)
    assert suspect.text.startswith("header_pressure shows 0.")
    assert restored.subject_id == "header_pressure"

    readings = times(await clean(streams))
    flags = times(await clean(streams), "flags")
    qartod = times(await clean(streams), "qartod")
    values = times(await clean(streams), "value")
    named_at = suspect.facts["period_end_ns"]
    for sensor, _, _ in SENSORS.values():
        assert len(readings[sensor]) == plant.seconds
        until_named = [at for at, taken in enumerate(readings[sensor]) if taken <= named_at]
        assert {flags[sensor][at] for at in until_named} == {0}, sensor
        assert {qartod[sensor][at] for at in until_named} == {Qartod.GOOD}, sensor
    own = DriftDetector(DEMO_DRIFT_THRESHOLD_BAR)
    assert not any(own.update(value) for value in values["header_pressure"])


async def test_virtual_sensors_are_clean_readings_with_an_uncertainty(nats_server, streams):
    plant, config = plant_of(), table(nats_server.url)
    async with running("transformation", config), balancing(streams, config):
        await feed(streams, plant, 60)
        await drawn_up(streams, plant)
        latest = await eventually(lambda: Latest(streams).get(f"{SITE}.balance.steam_header-main_flow"))
    batches = await virtual(streams, "main_flow")
    assert [batch.time[0] % (5 * SECOND) for batch in batches] == [0] * len(batches)
    last = batches[-1]
    assert (last.device_class, last.source, last.quantity, last.unit) == (
        "balance", "steam_header", "flow_rate", "t/hr",
    )  # fmt: skip
    assert 0.0 < last.uncertainty[0] < 0.2
    assert last.quality == [100.0]
    assert decode(latest.data, CleanBatch).sensor_id == last.sensor_id
    assert await events(streams, "balance_suspect") == []


async def test_each_period_is_there_once_whenever_the_service_ends(nats_server, streams):
    plant, config = plant_of([DRIFT]), table(nats_server.url)
    async with running("transformation", config):
        async with balancing(streams, config):
            await feed(streams, plant, 300)
            await eventually(lambda: virtual(streams))
        await feed(streams, plant, 97)
        async with balancing(streams, config):
            await feed(streams, plant, 103)
            await drawn_up(streams, plant)
    found = [at for batch in await virtual(streams) for at in batch.time]
    assert found == list(range(found[0], found[-1] + 1, 5 * SECOND))
    assert found[-1] - found[0] >= 490 * SECOND


@pytest.mark.parametrize("ended", ["a", "b"])
async def test_of_two_services_one_works_and_the_other_takes_over(nats_server, streams, ended):
    plant, config = plant_of(), table(nats_server.url)
    async with running("transformation", config), AsyncExitStack() as staying:
        leaving = AsyncExitStack()
        stacks = {ended: leaving, **{each: staying for each in "ab" if each != ended}}
        async with leaving:
            await stacks["a"].enter_async_context(balancing(streams, config, "a"))
            await stacks["b"].enter_async_context(balancing(streams, config, "b"))
            await feed(streams, plant, 300)
            await drawn_up(streams, plant)
        await feed(streams, plant, 300)
        await drawn_up(streams, plant)
    found = [at for batch in await virtual(streams) for at in batch.time]
    assert found == list(range(found[0], found[-1] + 1, 5 * SECOND))


async def test_a_restart_forgets_nobody_who_was_suspect(nats_server, streams):
    plant, config = plant_of([DRIFT]), table(nats_server.url)
    async with running("transformation", config):
        async with balancing(streams, config):
            await feed(streams, plant, HEALTHY_SECONDS + DRIFT_SECONDS - 20)
            await drawn_up(streams, plant)
            await eventually(lambda: events(streams, "balance_suspect"))
        async with balancing(streams, config):
            await feed(streams, plant, 20)
            await drawn_up(streams, plant)
            assert (await virtual(streams))[-1].flags == [Flag.ESTIMATED]


async def test_values_without_newer_ones_grow_stale(nats_server, streams):
    plant = plant_of()
    config = table(nats_server.url, period_seconds=0.1, patience_seconds=0.1, confirm_seconds=0)
    async with running("transformation", config), balancing(streams, config):
        await feed(streams, plant, 5)

        async def stale():
            value = await Latest(streams).get(f"{SITE}.balance.steam_header-main_flow")
            return value and decode(value.data, CleanBatch).flags[0] & Flag.STALE

        await eventually(stale)
    assert await events(streams, "sensor_stale") == []
