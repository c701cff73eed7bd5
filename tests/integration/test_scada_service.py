"""The SCADA service end to end: tags of a real OPC UA server clean on the bus, and written by request."""

import pytest

from fakes.modbus import TcpPeer
from fakes.opcua import OpcUaPeer
from fakes.site import SITE, clean, clean_samples, document, events, eventually, running
from fakes.tags import TagRegisters
from integrations.messages import Severity, Status, WriteReply, WriteRequest, decode, encode

WRITE = f"gl.{SITE}.svc.scada.a.write"
PRESSURE = "plant-STEAM_HEADER_PRESSURE"


@pytest.fixture(scope="module")
def server():
    with OpcUaPeer() as peer:
        yield peer


@pytest.fixture
def peer(server):
    server.write("STEAM.HEADER.PRESSURE", 10.0)
    server.write("STEAM.SETPOINT", 10.0)
    return server


def scada_table(port, **more):
    return {
        "scada_id": "plant", "host": "127.0.0.1", "port": port, "timeout_seconds": 3.0, "max_retries": 0,
        "subscription_interval_ms": 50, "write_interval_seconds": 0.0, **more,
    }  # fmt: skip


async def request(bus, **fields):
    body = encode(WriteRequest(**{"tag": "STEAM.SETPOINT", "value": 12.5, "caller": "GL-003", **fields}))
    return await bus.client.request(WRITE, body, timeout=5)


async def write(bus, **fields):
    answer = await request(bus, **fields)
    assert "Nats-Service-Error-Code" not in (answer.headers or {}), answer.headers
    return decode(answer.data, WriteReply, answer.headers["Content-Type"])


async def shown(bus, sensor, value):
    """The clean sample of a sensor that has this value."""
    samples = await clean_samples(bus, sensor)
    return next((sample for sample in samples if sample[1] == value), None)


async def connected(bus):
    return next(
        (event for event in await events(bus, "connection_state") if event.facts["after"] == "connected"),
        None,
    )


async def test_every_tag_arrives_clean_with_the_time_of_its_source_and_its_status(peer, nats_server, streams):
    table = document(nats_server.url, scada=[scada_table(peer.port)])
    async with running("transformation", table), running("scada", table):
        await eventually(lambda: has_sensors(streams, 6))
        uncertain = int(Status.UNCERTAIN_SUBNORMAL)
        source_ns = peer.write("STEAM.HEADER.PRESSURE", 9.25, uncertain)
        found = await eventually(lambda: shown(streams, PRESSURE, 9.25))
        assert (found[0], found[2], found[3]) == (source_ns, 9.25, uncertain)
        peer.write("STEAM.HEADER.PRESSURE", 9.0, Status.BAD_SENSOR_FAILURE)
        await eventually(lambda: is_bad(streams, Status.BAD_SENSOR_FAILURE))
        (event,) = await eventually(lambda: events(streams, "tag_bad"))
    assert (event.subject_id, event.facts["tag"]) == ("plant", "STEAM.HEADER.PRESSURE")
    batches = {batch.sensor_id: batch for batch in await clean(streams)}
    assert {each: (batch.quantity, batch.unit) for each, batch in batches.items()} == {
        PRESSURE: ("pressure", "bar"),
        "plant-STEAM_HEADER_TEMPERATURE": ("temperature", "°C"),
        "plant-STEAM_HEADER_FLOW": ("flow_rate", "t/hr"),
        "plant-STEAM_CONDENSATE_RETURN": ("return_percentage", "%"),
        "plant-STEAM_TRAP_STATUS": ("status", ""),
        "plant-STEAM_SETPOINT": ("setpoint", "bar"),
    }


async def test_registers_arrive_clean_and_are_written_too(nats_server, streams):
    tags = [
        {"tag_name": "HEADER.P", "quantity": "pressure", "engineering_units": "barg", "address": 0},
        {
            "tag_name": "HEADER.SP", "engineering_units": "barg", "address": 20, "writable": True,
            "min_value": 0, "max_value": 20,
        },
    ]  # fmt: skip
    registers = TagRegisters()
    async with TcpPeer(registers) as gateway:
        table = scada_table(gateway.port, protocol="modbus_tcp", tags=tags, allow_writes=True)
        document_ = document(nats_server.url, scada=[table])
        async with running("transformation", document_), running("scada", document_):
            await eventually(lambda: shown(streams, "plant-HEADER_P", 9.5))
            assert (await write(streams, tag="HEADER.SP")).written
            assert registers.float_at(20) == 12.5
            await eventually(lambda: shown(streams, "plant-HEADER_SP", 12.5))


async def has_sensors(bus, count):
    return len({batch.sensor_id for batch in await clean(bus)}) >= count


async def is_bad(bus, status):
    samples = await clean_samples(bus, PRESSURE)
    return samples and (samples[-1][1], samples[-1][3]) == (None, status)


async def test_a_request_writes_a_tag_and_leaves_an_audit_event(peer, nats_server, streams):
    table = document(nats_server.url, scada=[scada_table(peer.port, allow_writes=True)])
    async with running("transformation", table), running("scada", table):
        await eventually(lambda: connected(streams))
        reply = await write(streams)
        assert (reply.device_id, reply.written, reply.old, reply.new) == ("plant", True, 10.0, 12.5)
        assert peer.value("STEAM.SETPOINT") == 12.5
        (event,) = await eventually(lambda: events(streams, "tag_write"))
        assert (event.service, event.subject_id, event.severity) == ("scada", "plant", Severity.INFO)
        assert event.facts == {
            "tag": "STEAM.SETPOINT", "caller": "GL-003", "old": 10, "wanted": 12.5, "new": 12.5,
            "written": True, "reason": "", "simulated": False,
        }  # fmt: skip
        await eventually(lambda: shown(streams, "plant-STEAM_SETPOINT", 12.5))
        refused = await write(streams, value=21.0, device_id="plant")
        assert refused.reason == "STEAM.SETPOINT must be at most 20, got 21"
        assert len(await eventually(lambda: many(streams, 2))) == 2


async def many(bus, count):
    found = await events(bus, "tag_write")
    return found if len(found) >= count else None


async def test_writing_is_off_by_default_and_the_try_is_told(peer, nats_server, streams):
    table = document(nats_server.url, scada=[scada_table(peer.port)])
    async with running("scada", table):
        await eventually(lambda: connected(streams))
        reply = await write(streams)
        assert (reply.written, reply.new) == (False, None)
        assert reply.reason == "writing is off: allow_writes of plant is false"
        (event,) = await eventually(lambda: events(streams, "tag_write"))
    assert (event.facts["written"], event.facts["caller"]) == (False, "GL-003")
    assert event.severity is Severity.WARNING
    assert peer.value("STEAM.SETPOINT") == 10.0


async def test_a_request_that_cannot_be_understood_is_told_what_is_wrong(peer, nats_server, streams):
    two = [scada_table(peer.port), scada_table(peer.port, scada_id="other")]
    async with running("scada", document(nats_server.url, scada=two)):
        await eventually(lambda: connected(streams))
        answers = (
            ({}, "400", "device_id must be given: one of plant, other"),
            ({"device_id": "nobody"}, "404", "device_id must be one of plant, other, got nobody"),
            ({"caller": ""}, "400", "caller"),
            ({"tag": 7}, "400", "tag"),
        )
        for fields, code, words in answers:
            headers = (await request(streams, **fields)).headers
            assert headers["Nats-Service-Error-Code"] == code
            assert words in headers["Nats-Service-Error"]
        await streams.client.request(WRITE, b"\xff{", timeout=5)
        await streams.client.publish(WRITE, encode(WriteRequest(tag="t", value=1, caller="a consumer")))
        told = await eventually(lambda: many(streams, len(answers) + 2))
    assert {event.facts["written"] for event in told} == {False}
    assert {event.subject_id for event in told} == {"write"}
    assert [event.facts["caller"] for event in told] == [
        "GL-003", "GL-003", "unknown", "unknown", "unknown", "a consumer",
    ]  # fmt: skip
    assert told[1].facts["device_id"] == "nobody"
    assert all(words in event.facts["reason"] for (_, _, words), event in zip(answers, told, strict=False))
    assert told[-1].facts["reason"] == "nobody waits for the answer"


async def test_every_try_is_an_event_with_who_what_and_why_not(peer, nats_server, streams):
    more = {"allow_writes": True, "write_interval_seconds": 0.3}
    async with running("scada", document(nats_server.url, scada=[scada_table(peer.port, **more)])):
        await eventually(lambda: connected(streams))
        tries = (
            ({"value": 12.0}, ""),
            ({"value": 12.5}, "at most one write in 0.3 s"),
            ({"value": 99.0}, "must be at most 20, got 99"),
            ({"value": "x"}, "must be a finite number"),
            ({"tag": "STEAM.HEADER.PRESSURE"}, "is not writable in the table of tags"),
            ({"tag": "NO.SUCH"}, "NO.SUCH"),
        )
        for fields, words in tries:
            assert words in (await write(streams, **fields)).reason
        told = await eventually(lambda: many(streams, len(tries)))
    assert [event.facts["written"] for event in told] == [True] + [False] * 5
    assert told[0].facts["reason"] == ""
    assert all(words in event.facts["reason"] for (_, words), event in zip(tries, told, strict=True))
    assert {event.facts["caller"] for event in told} == {"GL-003"}
    assert peer.value("STEAM.SETPOINT") == 12.0
