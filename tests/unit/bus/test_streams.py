import asyncio

import pytest

from integrations.bus import (
    Bus,
    BusSettings,
    JetStreamUnavailableError,
    StreamConflictError,
    StreamSettings,
    agent_stream_configs,
    ensure_streams,
    stream_configs,
)

SMALL = StreamSettings(storage_bytes=64 * 1024 * 1024)


async def test_many_services_may_declare_at_once_and_again(bus):
    await asyncio.gather(*(ensure_streams(bus, stream_configs(SMALL, "p"), attempts=3) for _ in range(5)))
    await ensure_streams(bus, stream_configs(SMALL, "p"), attempts=3)
    declared = sorted(config["name"] for config in stream_configs(SMALL, "p"))
    assert (await bus.api("STREAM.NAMES"))["streams"] == declared
    assert sum(config["max_bytes"] for config in stream_configs(SMALL, "p")) <= SMALL.storage_bytes


async def test_changed_settings_update_and_leave_what_the_operator_added(streams):
    raw = next(config for config in stream_configs(SMALL, "p") if config["name"] == "RAW")
    await streams.api("STREAM.UPDATE.RAW", {**raw, "description": "by the operator"})
    await ensure_streams(
        streams, stream_configs(StreamSettings(storage_bytes=32 * 1024 * 1024), "p"), attempts=3
    )
    config = (await streams.api("STREAM.INFO.RAW"))["config"]
    assert config["description"] == "by the operator"
    assert config["max_bytes"] < raw["max_bytes"]


async def test_an_unchangeable_difference_names_stream_and_field(bus):
    await bus.api("STREAM.CREATE.RAW", {"name": "RAW", "subjects": ["gl.*.raw.>"], "storage": "memory"})
    with pytest.raises(StreamConflictError, match="stream RAW: storage is 'memory', must be 'file'"):
        await ensure_streams(bus, stream_configs(SMALL, "p"))


async def test_subjects_of_another_stream_are_a_clear_conflict(bus):
    await bus.api("STREAM.CREATE.OTHER", {"name": "OTHER", "subjects": ["gl.>"]})
    with pytest.raises(StreamConflictError, match=r"stream RAW cannot have .*overlap"):
        await ensure_streams(bus, stream_configs(SMALL, "p"))


async def test_more_storage_than_there_is_is_refused_by_field(bus):
    with pytest.raises(
        StreamConflictError, match=r"stream RAW cannot have .*max_bytes=\d+.*: insufficient storage"
    ):
        await ensure_streams(bus, stream_configs(StreamSettings(storage_bytes=2**60), "p"))


async def test_waits_for_jetstream(nats_server):
    naps = []

    async def sleep(seconds):
        naps.append(seconds)

    async with Bus(BusSettings(url=nats_server.url), attempts=1) as bus:
        bus.api = lambda *_args: _refuse()
        with pytest.raises(JetStreamUnavailableError):
            await ensure_streams(bus, stream_configs(SMALL, "p"), attempts=4, sleep=sleep)
    assert naps == [0.2, 0.4, 0.8]


async def _refuse():
    raise JetStreamUnavailableError("not yet")


async def test_the_streams_of_agents_fit_into_the_same_storage(streams):
    declared = [*stream_configs(SMALL, "p"), *agent_stream_configs(SMALL)]
    assert sum(config["max_bytes"] for config in declared) <= SMALL.storage_bytes
    for _ in range(2):
        await ensure_streams(streams, declared, attempts=3)


async def test_sites_add_their_subjects_and_take_nobodys_away(bus):
    for site in ("one", "two", "one"):
        await ensure_streams(bus, stream_configs(SMALL, site), attempts=3)
    subjects = (await bus.api("STREAM.INFO.CLEAN"))["config"]["subjects"]
    assert [each for each in subjects if each.endswith(".clean.>")] == ["gl.one.clean.>", "gl.two.clean.>"]


async def test_subjects_of_all_sites_give_way_to_those_of_each(bus):
    old = [
        {**config, "subjects": ["gl.*.raw.>"]}
        for config in stream_configs(SMALL, "one")
        if config["name"] == "RAW"
    ]
    await ensure_streams(bus, old, attempts=3)
    await ensure_streams(bus, stream_configs(SMALL, "one"), attempts=3)
    await ensure_streams(bus, agent_stream_configs(SMALL), attempts=3)
    assert (await bus.api("STREAM.INFO.RAW"))["config"]["subjects"] == ["gl.one.raw.>"]
