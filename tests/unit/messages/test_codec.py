"""Bodies are read within bounds, in the format the header names, and a later minor version stays readable."""

import math
import time

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.messages import MESSAGES, clean_fields, raw_batch
from integrations.messages import (
    CleanBatch,
    ContentType,
    DecodeError,
    DeviceRequest,
    EncodeError,
    MessageError,
    Metrics,
    RawBatch,
    RawColumn,
    decode,
    encode,
)
from integrations.messages.catalogue import CHANNELS
from integrations.messages.codec import MAX_BYTES, MAX_DEPTH
from integrations.messages.fields import MAX_SAMPLES

messages = st.one_of(*MESSAGES.values())
both_formats = pytest.mark.parametrize("content_type", ContentType)


def test_every_message_of_the_catalogue_is_covered_here():
    known = {cls for channel in CHANNELS for cls in (channel.message, channel.request) if cls}
    assert known == set(MESSAGES)


@both_formats
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(message=messages)
def test_every_message_comes_back_as_it_was(content_type, message):
    assert decode(encode(message, content_type), type(message), content_type) == message


@both_formats
def test_a_later_minor_version_is_read_its_new_fields_passed_over(content_type):
    newer = msgspec.to_builtins(raw_batch()) | {"schema": "1.7", "weather": {"rain": [[1], {"deep": True}]}}
    newer["columns"][0]["trust"] = [0.5]
    read = decode(encode(newer, content_type), RawBatch, content_type)
    assert read == raw_batch(schema="1.7")


@both_formats
@pytest.mark.parametrize("version", ["2.0", "0.9", "1", "1.x", "1.0\n", "11.0", ""])
def test_another_major_version_is_refused(content_type, version):
    with pytest.raises(DecodeError, match="schema"):
        decode(encode(raw_batch(schema=version), content_type), RawBatch, content_type)


def test_nan_and_infinities_become_null_in_json():
    column = RawColumn("a-flow", "flow_rate", "t/hr", [1, 2, 3], [math.nan, math.inf, -math.inf], [0] * 3)
    body = encode(raw_batch(columns=[column]))
    assert decode(body, RawBatch).columns[0].value == [None, None, None]


@both_formats
def test_a_score_or_a_time_that_is_no_number_is_refused(content_type):
    body = encode({**clean_fields(), "quality": [math.nan]}, content_type)
    with pytest.raises(DecodeError, match="quality"):
        decode(body, CleanBatch, content_type)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("site", "p.q"), ("site", "p\n"), ("site", ""), ("site", "x" * 129), ("quantity", "x" * 129),
        ("unit", "x" * 10_000), ("time", [-1]), ("time", [2**63]), ("time", [1.5]), ("time", None),
        ("status", [2**32]), ("quality", [101]), ("qartod", [0]), ("flags", [-1]), ("origin", "guessed"),
        ("raw_sequence", 2**64 - 1), ("value", ["1"]), ("time", [0] * (MAX_SAMPLES + 1)),
    ],
)  # fmt: skip
@both_formats
def test_what_the_types_forbid_is_refused(content_type, field, value):
    decode(encode(clean_fields(), content_type), CleanBatch, content_type)
    with pytest.raises(DecodeError, match=field):
        decode(encode({**clean_fields(), field: value}, content_type), CleanBatch, content_type)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (None, True), ("application/json", True), ("Application/JSON; charset=utf-8", True),
        ("text/plain", False), ("", False), ("application/msgpack", False),
    ],
)  # fmt: skip
def test_the_header_says_how_to_read(text, read):
    body = encode(raw_batch())
    if read:
        assert decode(body, RawBatch, text) == raw_batch()
    else:
        with pytest.raises(DecodeError, match="application/msgpack"):
            decode(body, RawBatch, text)


NASTY = {
    "nothing": b"",
    "not JSON": b"hello",
    "half a message": encode(raw_batch())[:-5],
    "two messages": encode(raw_batch()) * 2,
    "not UTF-8": b'{"site": "\xff"}',
    "a lone surrogate": b'{"site": "\\ud800"}',
    "NaN spelled out": b'{"site": NaN}',
    "a list": b"[]",
    "a null": b"null",
    "a huge exponent": b'{"sequence": 1e999999}',
    "a huge number": b'{"sequence": ' + b"9" * 100_000 + b"}",
    "a million brackets": b"[" * 1_000_000,
    "a million open maps": b'{"a":' * 1_000_000,
    "brackets to and fro": (b"[" * (MAX_DEPTH + 1) + b"]" * MAX_DEPTH) * 10_000,
    "a million quotes": b'"' * 1_000_001,
    "a million backslashes": b'["' + b"\\" * 1_000_001,
    "brackets under a quote": b'{"a":"' + b"[" * 1_000_000,
}


@pytest.mark.parametrize("body", NASTY.values(), ids=NASTY)
@both_formats
def test_a_nasty_body_is_refused_soon(content_type, body):
    began = time.process_time()  # what it costs, not how long a busy machine takes
    with pytest.raises(DecodeError):
        decode(body, RawBatch, content_type)
    assert time.process_time() - began < 2


PACKED = {
    "four billion entries": b"\x81\xa7columns\xdd\xff\xff\xff\xff",
    "four billion of the unknown": b"\x81\xa1x\xdd\xff\xff\xff\xff",
    "a million levels": b"\x81\xa1x" + b"\x91" * 1_000_000,
    "four gigabytes of text": b"\x81\xa4site\xdb\xff\xff\xff\xff",
    "an unused byte": b"\xc1",
}


@pytest.mark.parametrize("body", PACKED.values(), ids=PACKED)
def test_what_a_packed_length_promises_is_not_believed(body):
    with pytest.raises(DecodeError):
        decode(body, RawBatch, ContentType.MSGPACK)
    with pytest.raises(DecodeError):
        decode(body, Metrics, ContentType.MSGPACK)


@given(st.binary(max_size=200), st.sampled_from(ContentType), st.sampled_from(sorted(MESSAGES, key=str)))
def test_bytes_are_a_message_or_a_decode_error(body, content_type, cls):
    try:
        assert isinstance(decode(body, cls, content_type), cls)
    except DecodeError as error:
        assert cls.__name__ in str(error) or "body" in str(error)  # noqa: PT017 - both outcomes are right


def test_nesting_is_read_up_to_the_bound():
    inside = MAX_DEPTH - 3
    nested = b'{"device_id": "a", "x": {"y": {"z": ' + b"[" * inside + b"]" * inside + b"}}}"
    assert decode(nested, DeviceRequest) == DeviceRequest("a")
    with pytest.raises(DecodeError, match=f"may nest {MAX_DEPTH} deep"):
        decode(nested.replace(b"[]", b"[[]]"), DeviceRequest)


def test_brackets_in_text_are_no_nesting():
    assert decode(encode({"device_id": "a", "note": "[" * 100 + '"{{' * 100}), DeviceRequest).device_id == "a"


@pytest.mark.parametrize("value", [2**70, "\ud800", object(), 1j])
def test_what_has_no_place_in_a_format_is_an_encode_error(value):
    with pytest.raises(EncodeError, match="dict cannot be written"):
        encode({"value": value}, ContentType.MSGPACK)


def test_a_body_that_is_too_large_is_neither_written_nor_read():
    with pytest.raises(EncodeError, match=f"may have {MAX_BYTES} bytes"):
        encode({"text": "x" * MAX_BYTES})
    with pytest.raises(DecodeError, match=f"may have {MAX_BYTES} bytes"):
        decode(b" " * (MAX_BYTES + 1), RawBatch)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ([([1, 2], [1.0], [0, 0])], "column s0: time has 2, value 1, status 2 samples"),
        ([([1], [1.0], [])], "column s0: time has 1, value 1, status 0 samples"),
        ([([1], [1.0], [0]), ([], [1.0], [])], "column s1: time has 0, value 1, status 0 samples"),
    ],
)
def test_ragged_columns_are_named(columns, reason):
    batch = raw_batch(columns=[RawColumn(f"s{at}", "q", "u", *column) for at, column in enumerate(columns)])
    with pytest.raises(MessageError, match=f"^{reason}$"):
        batch.check()


def test_a_sensor_is_in_a_batch_once():
    raw_batch().check()
    column = raw_batch().columns[0]
    with pytest.raises(MessageError, match="column a-flow: is there twice"):
        raw_batch(columns=[column, column]).check()
