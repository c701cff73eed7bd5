"""`gl003 backfill`: a range of RAW cleaned again, on subjects of its own, as often as one likes."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from fakes.site import SITE, Feed, clean, document, eventually, running, stored, times, toml
from integrations.bus import LATEST_BUCKET, Outgoing, Publisher
from integrations.cli.app import app
from integrations.messages import CleanBatch, decode
from integrations.quality import Flag

SENSORS = ("p-pressure", "q-pressure")


@pytest.fixture
def plant(nats_server, tmp_path):
    def write(**limits):
        table = document(nats_server.url)
        if limits:
            table["transformation"] = {"sensors": {"p-pressure": limits}}
        path = tmp_path / "plant.toml"
        path.write_text(toml(table))
        return path

    return write


async def backfill(config, *options, begin=None, end=None):
    """Run the command; return its exit code and what it said."""
    now = datetime.now(UTC)
    begin, end = begin or now - timedelta(minutes=5), end or now + timedelta(minutes=1)
    argv = [
        "backfill",
        "--from",
        begin.isoformat(),
        "--to",
        end.isoformat(),
        "--config",
        str(config),
        *options,
    ]
    result = await asyncio.to_thread(CliRunner().invoke, app, argv)
    return result.exit_code, result.output


async def recleaned(bus):
    messages = await stored(bus, "CLEAN", f"gl.{SITE}.recleaned.>")
    assert all(message.subject.split(".")[3] == message.headers["GL-Configuration"] for message in messages)
    return [decode(message.data, CleanBatch) for message in messages]


async def all_clean(bus, count):
    return all(len(each) == count for each in (times(await clean(bus)) or {"": ()}).values())


@pytest.fixture
async def cleaned(nats_server, streams):
    """A site whose readings of two sensors, 30 of each, have gone through the service."""
    feed = Feed(SENSORS, "pressure", "bar")
    now = time.time_ns() - 60 * 10**9
    async with Publisher(streams) as publisher, running("transformation", document(nats_server.url)):
        await publisher.publish_all(
            [feed.next(value=10.0 + n % 2, time_ns=now + n * 10**9) for n in range(30)]
        )
        await eventually(lambda: all_clean(streams, 30))
    return streams


async def test_the_same_limits_say_the_same_again(cleaned, plant):
    code, said = await backfill(plant())
    assert code == 0, said
    assert "60 of 2 sensors, valid 100.00 %" in said
    for attribute in ("time", "value", "flags", "quality", "status"):
        assert times(await recleaned(cleaned), attribute) == times(await clean(cleaned), attribute)


async def test_other_limits_say_otherwise_and_nothing_that_is_live_changes(cleaned, plant):
    before = [(each.subject, each.sequence) for each in await stored(cleaned, "CLEAN", f"gl.{SITE}.clean.>")]
    bucket = await stored(cleaned, f"KV_{LATEST_BUCKET}", "$KV.>")
    code, said = await backfill(plant(max_valid=10.5, target_unit="bar"))
    assert code == 0, said
    assert "OUT_OF_RANGE 15" in said
    flags = times(await recleaned(cleaned), "flags")
    assert sum(bool(mask & Flag.OUT_OF_RANGE) for mask in flags["p-pressure"]) == 15
    assert not any(flags["q-pressure"])
    after = [(each.subject, each.sequence) for each in await stored(cleaned, "CLEAN", f"gl.{SITE}.clean.>")]
    assert after == before
    assert await stored(cleaned, f"KV_{LATEST_BUCKET}", "$KV.>") == bucket


async def test_again_adds_nothing_and_another_configuration_stands_beside(cleaned, plant):
    await backfill(plant())
    first = len(await recleaned(cleaned))
    await cleaned.api("STREAM.UPDATE.CLEAN", {**await config_of(cleaned), "duplicate_window": 10**8})
    await asyncio.sleep(0.3)  # beyond the window in which the server itself knows repeats
    code, said = await backfill(plant())
    assert (code, len(await recleaned(cleaned))) == (0, first), said
    assert f"0 messages, {first} were there already" in said
    await backfill(plant(max_valid=10.5, target_unit="bar"))
    assert len({message.subject for message in await stored(cleaned, "CLEAN", f"gl.{SITE}.recleaned.>")}) == 4


async def config_of(bus):
    return (await bus.api("STREAM.INFO.CLEAN"))["config"]


async def test_a_restart_of_the_service_is_not_misled(cleaned, plant, nats_server):
    await backfill(plant())
    feed = Feed(SENSORS, "pressure", "bar", source="other")
    async with Publisher(cleaned) as publisher, running("transformation", document(nats_server.url)):
        await publisher.publish_all([feed.next(value=10.0)])
        await eventually(lambda: all_clean(cleaned, 31))


async def test_one_sensor_in_a_dry_run(cleaned, plant):
    code, said = await backfill(plant(), "--sensor", "q-pressure", "--dry-run")
    assert code == 0
    assert "30 of 1 sensors" in said
    assert "nothing (--dry-run)" in said
    assert await recleaned(cleaned) == []


async def test_the_warm_up_gives_the_state_that_the_range_begins_with(streams, plant):
    feed = Feed(("p-pressure",), "pressure", "bar")
    now = time.time_ns()
    async with Publisher(streams) as publisher:
        await publisher.publish_all([feed.next(value=5.0, time_ns=now + n * 10**6) for n in range(20)])
        boundary = datetime.fromtimestamp(time.time() // 10 * 10 + 10, UTC)
        await asyncio.sleep(boundary.timestamp() - time.time() + 0.05)
        await publisher.publish_all([feed.next(value=5.0)])
    code, said = await backfill(plant(flatline_count=10, flatline_tolerance=0.1), begin=boundary)
    assert code == 0, said
    (batch,) = await recleaned(streams)
    assert batch.flags[0] & Flag.FLATLINE


async def test_what_cannot_be_read_is_counted(streams, plant):
    async with Publisher(streams) as publisher:
        await publisher.publish_all([Outgoing(f"gl.{SITE}.raw.steam_meter.x", b"?"), Feed().next()])
    code, said = await backfill(plant())
    assert code == 0
    assert "raw messages   2, unreadable 1" in said


async def test_an_empty_range_is_an_error(cleaned, plant):
    now = datetime.now(UTC)
    code, said = await backfill(plant(), begin=now - timedelta(hours=9), end=now - timedelta(hours=8))
    assert (code, "RAW has nothing" in said) == (1, True)


def test_everything_wrong_is_said_at_once(tmp_path):
    config = tmp_path / "plant.toml"
    config.write_text("nonsense = 1\n")
    argv = ["backfill", "--from", "yesterday", "--sensor", "a.b", "--config", str(config)]
    result = CliRunner().invoke(app, argv)
    assert result.exit_code == 2
    for part in (
        "--from must be a time such as",
        "--sensor must be a sensor's id",
        "nonsense is not known here",
    ):
        assert part in result.output


def test_no_bus_is_an_error_and_no_embedded_one_is_started(tmp_path):
    config = tmp_path / "plant.toml"
    config.write_text('[nats]\nurl = "nats://127.0.0.1:1"\n')
    result = CliRunner().invoke(app, ["backfill", "--from", "2026-01-01", "--config", str(config)])
    assert (result.exit_code, "no NATS server at nats://127.0.0.1:1" in result.output) == (1, True)
