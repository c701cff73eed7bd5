"""What travels on the bus: each message as JSON and as MessagePack, subjects, bodies of requests."""

import msgspec

from fuzz.mutation import mutated_bytes, mutated_json, mutated_msgpack, tagged
from fuzz.target import Target
from integrations.bus import EndpointError, Request
from integrations.bus.reading.received import NotFromJetStreamError, parse_reply
from integrations.messages import (
    CleanBatch,
    ContentType,
    DeviceRequest,
    Event,
    Health,
    MessageError,
    Metrics,
    RawBatch,
    ReadReply,
    WriteReply,
    WriteRequest,
    decode,
    encode,
    parse_agent_subject,
    parse_subject,
    token_from,
)
from integrations.runtime.discovery import read_answer
from integrations.runtime.endpoints import body
from integrations.runtime.process.redaction import redacted
from integrations.runtime.transformation.intake import read_batch

RAW = {
    "site": "p", "device_class": "steam_meter", "source": "a", "sequence": 0, "epoch": 0,
    "origin": "measured",
    "columns": [{
        "sensor_id": "a-flow", "quantity": "flow_rate", "unit": "t/hr", "time": [1], "value": [2.5],
        "status": [0],
    }],
}  # fmt: skip
CLEAN = {
    "site": "p", "device_class": "steam_meter", "source": "a", "sensor_id": "a-flow", "quantity": "flow_rate",
    "unit": "t/hr", "raw_unit": "t/hr", "origin": "measured", "raw_sequence": 1, "time": [1], "value": [1.0],
    "raw_value": [1.0], "status": [0], "quality": [100.0], "qartod": [1], "flags": [0], "uncertainty": [0.1],
}  # fmt: skip
EVENT = {
    "site": "p", "service": "scada", "subject_id": "a", "time": 1, "instance": "i", "kind": "x",
    "severity": "info", "text": "t", "facts": {"a": 1},
}  # fmt: skip
HEALTH = {
    "site": "p", "service": "s", "instance": "i", "version": "1", "state": "healthy", "time": 1,
    "uptime_seconds": 1.0, "troubles": [], "devices": [],
}  # fmt: skip
METRICS = {"service": "s", "instance": "i", "time": 1, "counts": {"a": 1}, "devices": {"d": {"x": [1]}}}
READ = {"devices": [{"device_id": "a", "time": 1, "origin": "measured", "columns": RAW["columns"]}]}
WRITE = {"tag": "STEAM.SETPOINT", "value": 9.5, "caller": "operator", "device_id": "scada_1"}
WROTE = {"device_id": "a", "tag": "t", "written": True, "old": 1, "new": 2.0}
KINDS: tuple[tuple[type, dict[str, object]], ...] = (
    (RawBatch, RAW),
    (CleanBatch, CLEAN),
    (Event, EVENT),
    (Health, HEALTH),
    (Metrics, METRICS),
    (ReadReply, READ),
    (WriteRequest, WRITE),
    (WriteReply, WROTE),
)
REQUESTS = (WriteRequest, DeviceRequest)
FOUND = {
    "name": "scada", "id": "x", "version": "1.0.0", "metadata": {"site": "p", "instance": "i"},
    "endpoints": [{"name": "health", "subject": "gl.p.svc.scada.i.health", "metadata": {}}],
}  # fmt: skip


def _message(data: bytes, content_type: ContentType) -> object:
    """One byte says which message; what could be read can be written and read again."""
    cls, _ = KINDS[data[0] % len(KINDS)]
    found = decode(data[1:], cls, content_type)
    for each in ContentType:
        decode(encode(found, each), cls, each)
    return found


def _raw(data: bytes) -> object:
    return read_batch("gl.p.raw.7.steam_meter.a", data, {})


def _request(data: bytes) -> object:
    content_type = list(ContentType)[data[0] // 2 % 2]
    return body(Request(data[1:], {"Content-Type": content_type}), REQUESTS[data[0] % 2])


def _subject(data: bytes) -> object:
    text = data.decode(errors="replace")
    token_from(text)
    redacted(text)
    for read in (parse_subject, parse_agent_subject):
        try:
            read(text)
        except MessageError:
            continue
    return None


TABLE = (
    Target(
        "message_json",
        lambda data: _message(data or b"\0", ContentType.JSON),
        (MessageError,),
        [bytes((at,)) + msgspec.json.encode(example) for at, (_, example) in enumerate(KINDS)],
        tagged(mutated_json),
    ),
    Target(
        "message_msgpack",
        lambda data: _message(data or b"\0", ContentType.MSGPACK),
        (MessageError,),
        [bytes((at,)) + msgspec.msgpack.encode(example) for at, (_, example) in enumerate(KINDS)],
        tagged(mutated_msgpack),
    ),
    Target("raw_batch", _raw, (MessageError,), [msgspec.json.encode(RAW)], mutated_json),
    Target(
        "request",
        lambda data: _request(data or b"\0"),
        (EndpointError,),
        [
            b"\0" + msgspec.json.encode(WRITE),
            b"\1" + msgspec.json.encode({"device_id": "scada_1"}),
            b"\2" + msgspec.msgpack.encode(WRITE),
        ],
        tagged(mutated_json),
    ),
    Target(
        "subject",
        _subject,
        (),
        [
            *(b"gl.p.raw.steam_meter.a", b"gl.p.svc.scada.a.write", b"gl.agent.GL-001.inbox.p1"),
            *(b"gl.task.p1.report", b"gl.collab.c.vote", b"nats://user:secret@host:4222 password=x"),
        ],
        mutated_bytes,
        512,
    ),
    Target(
        "acknowledgement",
        lambda data: parse_reply(data.decode(errors="replace")),
        (NotFromJetStreamError,),
        [b"$JS.ACK.RAW.c.1.2.3.1700000000000000000.4", b"$JS.ACK._.h.RAW.c.1.2.3.1700000000000000000.4"],
        longest=256,
    ),
    Target("service_info", read_answer, (), [msgspec.json.encode(FOUND)], mutated_json),
)
