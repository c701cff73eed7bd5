"""GL-003's answers on a real server: readings, histories page by page, and devices behind their services."""

import asyncio
import contextlib
import time
from datetime import UTC, datetime

import pytest
from msgspec import structs

from fakes.messages import clean_fields
from fakes.site import SITE, Meter, document, eventually, meter_table, running, served
from integrations.bus import Latest, Outgoing, Publisher
from integrations.messages import CleanBatch, HistoryRequest, Origin, encode
from integrations.messages.json_values import MAX_JSON_BYTES
from integrations.runtime.coordination.gl003.answers import Answers
from integrations.runtime.coordination.gl003.errors import NoAnswerError
from integrations.runtime.coordination.gl003.history import history_page
from integrations.runtime.coordination.gl003.inferred import steam_system
from integrations.runtime.coordination.gl003.last_readings import LastReadings
from integrations.runtime.coordination.gl003.moments import moment_ns
from integrations.runtime.plant.settings import read_plant

SECOND = 1_000_000_000


def batch(sensor_id, times, values=None, **more):
    count = len(times)
    columns = {
        "time": list(times),
        "value": list(values or [float(number) for number in range(count)]),
        "raw_value": [None] * count,
        "status": [0] * count,
        "quality": [100.0] * count,
        "qartod": [1] * count,
        "flags": [0] * count,
    }
    about = {"site": SITE, "device_class": "steam_meter", "sensor_id": sensor_id, "unit": "bar"}
    return CleanBatch(**{**clean_fields(), **about, **columns, "origin": Origin.MEASURED, **more})


async def publish(bus, *batches):
    """Put batches into CLEAN, and the last of each sensor into the bucket."""
    latest = Latest(bus)
    async with Publisher(bus) as publisher:
        for each in batches:
            subject = f"gl.{SITE}.clean.{each.device_class}.{each.sensor_id}"
            key = f"{SITE}.{each.device_class}.{each.sensor_id}"
            await publisher.publish_all([Outgoing(subject, encode(each)), latest.outgoing(key, encode(each))])


@contextlib.asynccontextmanager
async def answering(bus, table=None):
    plant = read_plant(table or document(bus.url), {})
    readings = LastReadings(bus, plant.site)
    following = asyncio.create_task(readings.follow())
    try:
        yield Answers(bus, plant, steam_system(plant), readings), readings
    finally:
        following.cancel()
        await asyncio.wait([following])


async def pages(bus, request):
    """Every page of a history."""
    found = []
    while True:
        page = await history_page(bus, SITE, request, time.time_ns())
        found.append(page)
        if page.next_cursor is None:
            return found
        request = structs.replace(request, cursor=page.next_cursor)


async def test_a_page_of_last_readings_is_never_too_large_for_a_message(streams):
    now = time.time_ns()
    ids = [f"{number:03d}-{'x' * 100}" for number in range(900)]
    await publish(streams, *(batch(sensor_id, [now]) for sensor_id in ids))
    async with answering(streams) as (answers, readings):
        await eventually(lambda: len(readings) == 900, 20)
        found, after, pages = [], None, 0
        while pages == 0 or after:
            page = await answers.answer("latest_readings", {"limit": 1000, "after": after}, "GL-001")
            assert len(encode(page)) <= MAX_JSON_BYTES
            found += [one.sensor_id for one in page.readings]
            after, pages = page.next_after, pages + 1
        assert found == ids
        assert pages > 1


async def test_the_last_readings_are_paged_filtered_and_their_gaps_named(streams):
    now = time.time_ns()
    await publish(streams, batch("a", [now]), batch("b", [now]), batch("c", [now], device_class="scada"))
    async with answering(streams) as (answers, readings):
        await eventually(lambda: len(readings) == 3)
        first = await answers.answer("latest_readings", {"limit": 2}, "GL-001")
        assert ([one.sensor_id for one in first.readings], first.next_after) == (["a", "b"], "b")
        rest = await answers.answer("latest_readings", {"limit": 2, "after": "b"}, "GL-001")
        assert ([one.sensor_id for one in rest.readings], rest.next_after) == (["c"], None)
        some = await answers.answer("latest_readings", {"sensors": ["c", "x"]}, "GL-001")
        assert ([one.sensor_id for one in some.readings], some.unknown) == (["c"], ["x"])
        scada = await answers.answer("latest_readings", {"device_class": "scada"}, "GL-001")
        assert [one.sensor_id for one in scada.readings] == ["c"]
        bucket = await streams.client.jetstream().key_value("gl_latest")
        await bucket.delete(f"{SITE}.scada.c")
        await bucket.put(f"{SITE}.scada.d", b"not a reading")
        await eventually(lambda: set(readings) == {"a", "b"})


async def test_a_history_has_every_reading_of_its_range_once_whatever_the_pages(streams):
    now = time.time_ns()
    begin = now - 100 * SECOND
    batches = [batch("s", [begin + (5 * at + each) * SECOND for each in range(5)]) for at in range(20)]
    await publish(streams, *batches, batch("other", [now]))
    for limit in (1000, 7, 5, 1):
        found = await pages(streams, HistoryRequest("s", begin + 3 * SECOND, begin + 42 * SECOND, limit))
        times = [at for page in found for at in page.time]
        assert times == [begin + at * SECOND for at in range(3, 42)]
        assert all(len(page.time) <= limit for page in found)
    iso = datetime.fromtimestamp((begin + 95 * SECOND) / 1e9, UTC).isoformat()
    (last,) = await pages(streams, HistoryRequest("s", iso))
    assert 4 <= len(last.time) <= 5
    assert (last.unit, last.origin) == ("bar", Origin.MEASURED)


async def test_a_page_ends_where_the_unit_changes(streams):
    now = time.time_ns()
    times = [now - at * SECOND for at in (40, 30, 20, 10)]
    units = ["bar", "bar", "psi", "psi"]
    await publish(streams, *(batch("s", [at], unit=unit) for at, unit in zip(times, units, strict=True)))
    found = await pages(streams, HistoryRequest("s", times[0]))
    assert [(page.unit, page.time) for page in found] == [("bar", times[:2]), ("psi", times[2:])]


UNANSWERED = [
    (
        "sensor_history",
        {"sensor_id": "x", "begin": 0},
        "unknown_sensor",
        "nothing was ever heard of a",
    ),
    ("sensor_history", {"sensor_id": "x"}, "bad_request", "begin"),
    ("sensor_history", {"sensor_id": "x", "begin": "soon"}, "bad_request", "begin must .* got 'soon'"),
    (
        "sensor_history",
        {"sensor_id": "x", "begin": 5, "end": 5},
        "bad_request",
        "end must be after begin",
    ),
    ("sensor_history", {"sensor_id": "x", "begin": 5, "limit": 10**9}, "bad_request", "limit"),
    ("sensor_history", {"sensor_id": "x", "begin": 5, "cursor": "a"}, "bad_request", "cursor must be"),
    ("sensor_history", {"sensor_id": "a.b", "begin": 5}, "bad_request", "sensor_id"),
    ("latest_readings", {"limit": 0}, "bad_request", "limit"),
    ("read_device", {}, "bad_request", "device_id"),
    ("read_device", {"device_id": "nobody"}, "unknown_device", "must be one of meter, got nobody"),
    ("read_device", {"device_id": "meter"}, "service_away", "no service steam_meter is there for meter"),
    ("write_tag", {"tag": "t", "value": 1}, "service_away", "no service that takes writes is there"),
    ("write_tag", {"tag": "t", "value": [1]}, "bad_request", "value"),
]


async def test_what_cannot_be_answered_is_refused_by_name(streams):
    async with answering(streams, document(streams.url, meter_table(1))) as (answers, _):
        for action, payload, code, words in UNANSWERED:
            with pytest.raises(NoAnswerError, match=words) as refused:
                await answers.answer(action, payload, "GL-001")
            assert refused.value.code == code


async def test_a_device_is_read_through_its_service_and_again_through_another(nats_server, streams):
    async with served(Meter()) as server:
        away = meter_table(1, "away", circuit_timeout_seconds=60)
        table = document(nats_server.url, meter_table(server.port), away)
        async with answering(streams, table) as (answers, _):
            for instance in ("a", "b"):
                async with running("steam_meter", table, instance):
                    found = await eventually(lambda: read(answers, "meter"), 20)
                    assert (found.service, found.instance) == ("steam_meter", instance)
                    values = {column.sensor_id: column.value for column in found.device.columns}
                    assert values["meter-pressure"] == [9.5]
                    with pytest.raises(NoAnswerError, match="away: ") as refused:
                        await answers.answer("read_device", {"device_id": "away"}, "GL-001")
                    assert refused.value.code == "read_failed"
                    with pytest.raises(NoAnswerError, match="meter: nothing can be written to it"):
                        await answers.answer("write_tag", {"device_id": "meter", "tag": "t", "value": 1}, "x")


async def read(answers, device_id):
    with contextlib.suppress(NoAnswerError):
        return await answers.answer("read_device", {"device_id": device_id}, "GL-001")


def test_the_steam_system_is_inferred_where_there_is_one_choice():
    condensate = {"meter_id": "tank", "host": "x", "port": 1, "steam_flow_sensor": "main-flow_rate"}
    meters = [meter_table(1, "main"), meter_table(1, "other")]
    found = steam_system(read_plant(document("nats://x", *meters, condensate_meter=[condensate]), {}))
    assert (found.steam_flow, found.header_pressure) == ("main-flow_rate", "main-pressure")
    assert found.header_temperature is None  # this meter has none
    assert found.condensate_flow == "tank-flow_rate"
    alone = steam_system(read_plant(document("nats://x", meter_table(1, "alone")), {}))
    assert alone.steam_flow == "alone-flow_rate"
    given = {"steam_flow": "mine"}
    assert (
        steam_system(read_plant(document("nats://x", *meters, steam_system=given), {})).steam_flow == "mine"
    )
    assert steam_system(read_plant(document("nats://x", *meters), {})).steam_flow is None


@pytest.mark.parametrize("moment", ["2027-01-15T08:00:00Z", "2027-01-15 09:00:00+01:00", "2027-01-15T08:00"])
def test_moments_are_nanoseconds_or_iso_8601(moment):
    assert moment_ns("begin", moment) == moment_ns("begin", 1_800_000_000 * SECOND)
