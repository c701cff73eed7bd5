"""Streams: as declared, made by whoever comes first, made again when they are gone."""

import asyncio

import pytest

from fakes.site import eventually
from integrations.bus import JetStreamError, StreamSettings, ensure_streams, patiently, stream_configs
from integrations.configuration import ConfigurationError
from integrations.runtime.plant.settings import read_plant
from integrations.runtime.upkeep import keeping_streams

HOUR_NS = 3600 * 1_000_000_000


def declared(**streams):
    return stream_configs(read_plant({"streams": {"storage_bytes": 2**26, **streams}}, {}).streams, "test")


async def test_retention_is_what_the_plant_says(bus):
    await ensure_streams(bus, declared(raw_max_age_hours=2, clean_max_age_hours=100, event_max_age_hours=0.5))
    ages = {}
    for name in ("RAW", "CLEAN", "EVENTS", "DEAD"):
        ages[name] = (await bus.api(f"STREAM.INFO.{name}"))["config"]["max_age"] / HOUR_NS
    assert ages == {"RAW": 2, "CLEAN": 100, "EVENTS": 0.5, "DEAD": 720}


@pytest.mark.parametrize("hours", [0, -1, 0.05, float("inf"), float("nan"), "a day"])
def test_a_retention_that_cannot_be_is_named(hours):
    with pytest.raises(ConfigurationError, match=r"streams\.raw_max_age_hours must be"):
        declared(raw_max_age_hours=hours)


async def test_many_services_may_declare_at_once(bus):
    configs = declared()
    await asyncio.gather(*(ensure_streams(bus, configs) for _ in range(8)))
    assert len((await bus.api("STREAM.NAMES"))["streams"]) == len(configs)


async def test_a_stream_that_is_gone_comes_back_and_what_an_operator_changed_stays(bus):
    configs = declared()
    await ensure_streams(bus, configs)
    changed = {**configs[1], "max_age": HOUR_NS}
    await bus.api("STREAM.UPDATE.CLEAN", changed)
    await bus.api("STREAM.DELETE.RAW")
    async with keeping_streams(bus, configs, every_seconds=0.01):
        await eventually(lambda: is_there(bus, "RAW"))
    assert (await bus.api("STREAM.INFO.CLEAN"))["config"]["max_age"] == HOUR_NS


async def test_subjects_that_another_site_has_pushed_out_come_back(bus):
    configs = declared()
    await ensure_streams(bus, configs)
    raw = (await bus.api("STREAM.INFO.RAW"))["config"]
    await bus.api("STREAM.UPDATE.RAW", {**raw, "subjects": ["gl.other.raw.>"], "max_age": HOUR_NS})

    async def both():
        found = (await bus.api("STREAM.INFO.RAW"))["config"]
        return found["max_age"] == HOUR_NS and set(found["subjects"]) == {"gl.other.raw.>", *raw["subjects"]}

    async with keeping_streams(bus, configs, every_seconds=0.01):
        await eventually(both)


async def is_there(bus, name):
    return name in (await bus.api("STREAM.NAMES"))["streams"]


async def test_patience_asks_again_until_the_stream_is_there(bus):
    asked = asyncio.create_task(patiently(lambda: bus.api("STREAM.INFO.RAW")))
    with pytest.raises(JetStreamError, match="stream not found"):
        await bus.api("STREAM.INFO.RAW")
    await ensure_streams(bus, stream_configs(StreamSettings(storage_bytes=2**26), "test"))
    assert (await asyncio.wait_for(asked, 5))["config"]["name"] == "RAW"
