"""One reading's way: from a register of a real Modbus device to the clean message and the bucket."""

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from fakes.site import SITE, Meter, clean, document, eventually, meter_table, raw, running, served, stored
from integrations.bus import Latest
from integrations.messages import CleanBatch, ContentType, Header, Qartod, Status, decode

SCHEMAS = Path(__file__).parents[2] / "schemas"


def validate(stored_message, name):
    """Check a body against the schema file as a client in another language would."""
    read = {ContentType.JSON: json.loads, ContentType.MSGPACK: msgspec.msgpack.decode}
    body = read[stored_message.headers[Header.CONTENT_TYPE]](stored_message.data)
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(body)
    return body


@pytest.mark.parametrize("content_type", list(ContentType))
async def test_a_register_becomes_a_clean_message(nats_server, streams, content_type):
    meter = Meter(values={"flow_rate": 7200.0, "pressure": 9.5})
    async with served(meter) as server:
        table = document(nats_server.url, meter_table(server.port), content_type=content_type.value)
        async with running("transformation", table), running("steam_meter", table):
            await eventually(lambda: has_sensors(streams, 2))
            bucket = await eventually(lambda: Latest(streams).get(f"{SITE}.steam_meter.meter-flow_rate"))
            flow = (await stored(streams, "CLEAN", f"gl.{SITE}.clean.steam_meter.meter-flow_rate"))[0]
            pressure = (await stored(streams, "CLEAN", f"gl.{SITE}.clean.steam_meter.meter-pressure"))[0]
            polled = (await stored(streams, "RAW", f"gl.{SITE}.raw.*.steam_meter.meter"))[0]

    body = first_sample(validate(flow, "CleanBatch"))
    assert (body["quantity"], body["unit"], body["value"]) == ("flow_rate", "t/hr", pytest.approx(7.2))
    assert (body["raw_unit"], body["raw_value"]) == ("t/hr", pytest.approx(7.2))
    assert (body["status"], body["qartod"]) == (Status.GOOD, Qartod.GOOD)
    assert (body["quality"], body["flags"]) == (100, 0)
    assert (body["origin"], body["source"]) == ("measured", "meter")
    body = first_sample(validate(pressure, "CleanBatch"))
    assert (body["unit"], body["value"]) == ("barg", 9.5)
    assert validate(polled, "RawBatch")["columns"][0]["time"][0] == validate(flow, "CleanBatch")["time"][0]
    latest = decode(bucket.data, CleanBatch, bucket.headers[Header.CONTENT_TYPE])
    assert latest.value == [pytest.approx(7.2)]


def first_sample(body):
    """The message with its first sample only: what waits when the transformation starts comes together."""
    return {key: value[0] if isinstance(value, list) else value for key, value in body.items()}


async def has_sensors(bus, count):
    return len({batch.sensor_id for batch in await clean(bus)}) >= count


async def test_what_the_register_shows_next_comes_next(nats_server, streams):
    meter = Meter()
    async with served(meter) as server:
        table = document(nats_server.url, meter_table(server.port))
        async with running("transformation", table), running("steam_meter", table):

            async def shows(value):
                batches = await clean(streams, "meter-pressure")
                return batches and batches[-1].value[-1] == value

            for pressure in (9.5, 9.75, -0.5):
                meter.values = {**meter.values, "pressure": pressure}
                await eventually(lambda pressure=pressure: shows(pressure))


async def test_a_simulator_among_the_devices_is_marked(nats_server, streams):
    async with served(Meter()) as server:
        table = document(nats_server.url, meter_table(server.port, simulated=True))
        async with running("transformation", table), running("steam_meter", table):
            batches = await eventually(lambda: clean(streams, "meter-flow_rate"))
    assert batches[0].origin == "simulated"
    assert batches[0].status[0] == Status.GOOD_EDITED
    assert batches[0].quality[0] < 50


async def test_raw_keeps_what_clean_converted(nats_server, streams):
    entry = {"flow_rate": {"address": 0, "type": "float32", "unit": "lb/h"}}
    async with served(Meter(values={"flow_rate": 2204.6226, "pressure": 0.0})) as server:
        table = document(nats_server.url, meter_table(server.port, register_map=entry, units="lb/h"))
        async with running("transformation", table), running("steam_meter", table):
            batches = await eventually(lambda: clean(streams, "meter-flow_rate"))
            polled = await raw(streams)
    assert (batches[0].unit, batches[0].value[0]) == ("t/hr", pytest.approx(1.0, rel=1e-4))
    assert (batches[0].raw_unit, batches[0].raw_value[0]) == ("lb/h", pytest.approx(2204.6226, rel=1e-6))
    assert polled[0].columns[0].unit == "lb/h"
