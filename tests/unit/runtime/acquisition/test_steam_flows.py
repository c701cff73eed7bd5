"""A steam flow measured by one service reaches the condensate meter of another."""

import asyncio

import msgspec
import pytest
from structlog.testing import capture_logs

from fakes.messages import clean_fields
from fakes.site import eventually
from integrations.bus import Latest, Publisher
from integrations.messages import CleanBatch, ContentType, Header, Origin, Status, encode
from integrations.runtime.acquisition.steam_flows import following_steam_flows

SENSOR = "header-flow_rate"


class Waiting:
    """A connector that waits for a steam flow, and keeps what it was told."""

    def __init__(self, steam_flow_sensor=SENSOR):
        self.steam_flow_sensor = steam_flow_sensor
        self.told = []

    def set_steam_flow(self, value, time_ns, *, status, origin):
        self.told.append((value, time_ns, status, origin))


def batch(time_ns, value, unit="t/hr", status=Status.GOOD, site="p", sensor_id=SENSOR):
    fields = {"unit": unit, "site": site, "sensor_id": sensor_id, "device_class": "steam_meter"}
    samples = {"time": [1, time_ns], "value": [99.0, value], "raw_value": [None] * 2, "status": [0, status],
               "quality": [100.0] * 2, "qartod": [1] * 2, "flags": [0] * 2}  # fmt: skip
    return msgspec.convert(clean_fields() | fields | samples, CleanBatch)


class Bucket:
    """Puts last values as the transformation does."""

    def __init__(self, publisher, bus):
        self._publisher, self._latest = publisher, Latest(bus)

    async def put(self, clean, content_type=ContentType.JSON):
        key = f"{clean.site}.{clean.device_class}.{clean.sensor_id}"
        await self.put_bytes(key, encode(clean, content_type), {Header.CONTENT_TYPE: content_type})

    async def put_bytes(self, key, data, headers=None):
        await self._publisher.publish_all([self._latest.outgoing(key, data, headers or {})])


@pytest.fixture
async def bucket(streams):
    async with Publisher(streams) as publisher:
        yield Bucket(publisher, streams)


async def test_the_present_value_comes_at_once_and_later_ones_as_they_come(streams, bucket):
    waiting, too = Waiting(), Waiting()
    await bucket.put(batch(5, 20.0))
    async with following_steam_flows(streams, "p", [waiting, too]):
        await eventually(lambda: waiting.told)
        await bucket.put(batch(6, 21_000.0, unit="kg/h", status=Status.UNCERTAIN), ContentType.MSGPACK)
        await eventually(lambda: len(waiting.told) > 1)
        await bucket.put(batch(7, None, status=Status.BAD_TIMEOUT))
        await eventually(lambda: len(waiting.told) > 2)
    assert waiting.told == too.told == [
        (20.0, 5, Status.GOOD, Origin.MEASURED),
        (pytest.approx(21.0), 6, Status.UNCERTAIN, Origin.MEASURED),
        (None, 7, Status.BAD_TIMEOUT, Origin.MEASURED),
    ]  # fmt: skip


async def test_other_sensors_and_other_sites_are_not_listened_to(streams, bucket):
    waiting = Waiting()
    await bucket.put(batch(4, 0.0))
    async with following_steam_flows(streams, "p", [waiting]):
        await eventually(lambda: waiting.told)
        await bucket.put(batch(5, 1.0, sensor_id="other-flow_rate"))
        await bucket.put(batch(5, 2.0, site="q"))
        await bucket.put(batch(5, 3.0))
        await eventually(lambda: len(waiting.told) > 1)
    assert [value for value, *_ in waiting.told] == [0.0, 3.0]


async def test_what_is_no_reading_is_passed_over(streams, bucket):
    waiting = Waiting()
    await bucket.put(batch(4, 0.0))
    async with following_steam_flows(streams, "p", [waiting]):
        await eventually(lambda: waiting.told)
        await bucket.put_bytes(f"p.steam_meter.{SENSOR}", b"", {"KV-Operation": "DEL"})
        await bucket.put_bytes(f"p.steam_meter.{SENSOR}", b"{not json")
        await bucket.put(batch(5, 3.0))
        await eventually(lambda: len(waiting.told) > 1)
    assert [value for value, *_ in waiting.told] == [0.0, 3.0]


async def test_a_sensor_of_something_else_gives_no_value_and_one_warning(streams, bucket):
    waiting = Waiting()
    await bucket.put(batch(5, 3.0, unit="barg"))
    with capture_logs() as logs:
        async with following_steam_flows(streams, "p", [waiting]):
            await eventually(lambda: waiting.told)
            await bucket.put(batch(6, 3.0, unit="barg"))
            await eventually(lambda: waiting.told[-1][1] == 6)
    assert {(value, status) for value, _, status, _ in waiting.told} == {
        (None, Status.BAD_CONFIGURATION_ERROR)
    }
    (warning,) = [entry for entry in logs if entry["event"] == "sensor is no steam flow"]
    assert (warning["sensor_id"], warning["unit"]) == (SENSOR, "barg")


async def test_those_who_want_none_cost_nothing_and_leaving_ends_everything(bus):
    before = asyncio.all_tasks()
    async with following_steam_flows(bus, "p", [Waiting(None), object()]):
        assert asyncio.all_tasks() == before
    async with following_steam_flows(bus, "p", [Waiting()]):
        assert len(asyncio.all_tasks()) == len(before) + 1
    assert asyncio.all_tasks() == before


async def test_a_bus_without_the_bucket_is_tried_again(bus, monkeypatch):
    monkeypatch.setattr("integrations.runtime.acquisition.steam_flows.RETRY_SECONDS", 0.01)
    with capture_logs() as logs:
        async with following_steam_flows(bus, "p", [Waiting()]):
            told = "steam flow cannot be followed"
            await eventually(lambda: [entry["event"] for entry in logs].count(told) > 1)
