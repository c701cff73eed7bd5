"""The HART codec: what real devices sent is read and written back, and no bytes whatever break it."""

import functools
import math
import operator
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from fakes.captures import TCP, payloads
from integrations.protocols.hart import (
    ANSWERS,
    Address,
    ChecksumError,
    FrameError,
    FrameType,
    HartError,
    Message,
    MessageId,
    MessageStream,
    decode_answer,
    decode_direct_answer,
    decode_frame,
    decode_message,
    request_frame,
)

CAPTURES = Path(__file__).parents[3] / "data" / "hart"
HART_PORTS = {5094, 5095}

PRIMARY_VARIABLE = "86f9fd000000010700934bc2211aa104"
DYNAMIC_VARIABLES = "86f9fd00000003150093000000004bc2211aa127c1eebd643d00000000f8"
MORE_STATUS = "86f9fd000000300b00931100000000000100003a"


def messages(name):
    """Every HART-IP message of a capture, TCP put together by direction."""
    streams = {}
    for protocol, source, destination, body in payloads(CAPTURES / name):
        if not HART_PORTS & {source, destination}:
            continue
        if protocol == TCP:
            yield from streams.setdefault((source, destination), MessageStream()).feed(body)
        else:
            yield decode_message(body)


@pytest.mark.parametrize("name", ["hart-ip.pcap", "hart-ip_all_messageIDs.pcapng"])
def test_captured_messages_and_frames_are_written_back_as_they_came(name):
    frames = 0
    for message in messages(name):
        assert decode_message(message.encode()) == message
        if message.id == MessageId.TOKEN_PASSING_PDU:
            assert decode_frame(message.body).encode() == message.body.lstrip(b"\xff")
            frames += 1
    assert frames


def test_captured_answers_hold_what_the_gateway_measured():
    answers = [
        frame.reply()
        for message in messages("hart-ip.pcap")
        if message.id == MessageId.TOKEN_PASSING_PDU
        and (frame := decode_frame(message.body)).type == FrameType.ANSWER
    ]
    read = [
        decode_answer(reply.command, reply.data)
        for reply in answers
        if reply.command in ANSWERS and not reply.code and reply.data
    ]
    assert {reply.command for reply in answers} >= {0, 1, 2, 3, 9}
    assert any(math.isnan(getattr(answer, "current_ma", 0.0)) for answer in read)


def test_the_capture_of_every_message_id_has_every_message_id():
    assert {message.id for message in messages("hart-ip_all_messageIDs.pcapng")} >= set(range(5))


def test_the_reference_flow_device_measures_in_kilograms_an_hour():
    reply = decode_frame(bytes.fromhex(PRIMARY_VARIABLE)).reply()
    variable = decode_answer(reply.command, reply.data).variable
    assert (variable.unit_code, variable.value) == (75, pytest.approx(-40.276, abs=1e-3))
    assert (reply.code, reply.device_status) == (0, 0x93)


def test_the_reference_flow_device_sends_its_dynamic_variables_at_once():
    reply = decode_frame(bytes.fromhex(DYNAMIC_VARIABLES)).reply()
    answer = decode_answer(reply.command, reply.data)
    assert answer.current_ma == 0.0
    assert [variable.unit_code for variable in answer.variables] == [75, 39, 61]
    assert answer.variables[0].value == pytest.approx(-40.276, abs=1e-3)
    assert answer.variables[2].value == 0.0


def test_the_reference_flow_device_tells_more_of_its_status():
    reply = decode_frame(bytes.fromhex(MORE_STATUS)).reply()
    assert reply.command == 48
    decode_answer(reply.command, reply.data)


def test_a_flipped_bit_is_seen():
    data = bytearray.fromhex(PRIMARY_VARIABLE)
    data[11] ^= 1
    with pytest.raises(ChecksumError, match="check byte must be 0x05, got 0x04"):
        decode_frame(bytes(data))


@pytest.mark.parametrize("size", [0, 23, 24, 55, 56, 247, 248, 255])
def test_the_check_byte_is_the_parity_of_all_bytes_however_long(size):
    data = bytes(range(1, size + 1))
    frame = request_frame(Address.polling(1), 130, data).encode()
    assert functools.reduce(operator.xor, frame) == 0
    assert decode_frame(frame).payload == data


def test_an_answer_cut_short_is_an_error():
    with pytest.raises(FrameError, match="does not match its byte count"):
        decode_frame(bytes.fromhex(PRIMARY_VARIABLE)[:-3])


@given(st.integers(0, 63), st.integers(0, 0xFFFF), st.binary(max_size=200), st.booleans())
def test_requests_survive_the_wire(number, command, data, primary):
    frame = request_frame(Address.polling(number), command, data, primary=primary)
    assert decode_frame(frame.encode()) == frame
    assert decode_frame(b"\xff" * 5 + frame.encode()) == frame


@given(
    st.integers(0, 2), st.integers(0, 5), st.integers(0, 0xFFFF), st.binary(max_size=300), st.integers(0, 255)
)
def test_messages_survive_the_wire_in_any_pieces(kind, number, sequence, body, status):
    message = Message(kind, number, sequence, body, status)
    stream = MessageStream()
    data = message.encode() * 3
    found = [one for at in range(0, len(data), 7) for one in stream.feed(data[at : at + 7])]
    assert found == [message] * 3


@given(st.binary(max_size=400))
def test_no_bytes_break_the_decoders(data):
    for decode in (
        decode_message,
        decode_frame,
        decode_direct_answer,
        lambda b: list(MessageStream().feed(b)),
    ):
        try:
            decode(data)
        except HartError:
            continue


@given(st.sampled_from(sorted(ANSWERS)), st.binary(max_size=64))
def test_no_data_break_the_answers(command, data):
    try:
        decode_answer(command, data)
    except HartError:
        return
