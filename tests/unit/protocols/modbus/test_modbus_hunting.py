"""On a real two-wire line the answer is not all that is heard."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.modbus import SerialPeer, TcpPeer, crc16, honest, registers, silent
from integrations.protocols.modbus import (
    AddressRefusedError,
    Function,
    GarbageError,
    ModbusTimeoutError,
    Span,
    Transport,
)
from integrations.protocols.modbus.hunting import answer_in
from integrations.protocols.modbus.requests import read_request

TEN = Span(Function.HOLDING, 20, 10)
TEN_WORDS = list(range(20, 30))


@pytest.fixture(params=["serial", "rtu over tcp"])
def open_peer(request, open_line):
    """Return a function that makes a peer, and one that makes the line to it."""
    if request.param == "serial":
        return SerialPeer, open_line
    return (
        lambda manners=honest: TcpPeer(manners, is_rtu=True),
        lambda peer: open_line(peer, transport=Transport.RTU_OVER_TCP),
    )


def framed(body):
    return body + crc16(body)


def request_of(query):
    return framed(bytes([query.unit]) + query.pdu)


@given(noise=st.binary(max_size=40), words=st.binary(min_size=20, max_size=20), tail=st.binary(max_size=40))
def test_the_answer_is_found_behind_whatever_comes_before(noise, words, tail):
    pdu = bytes([3, 20]) + words
    assert answer_in(noise + framed(b"\x11" + pdu) + tail, read_request(17, TEN)) == pdu


@given(st.binary(max_size=200))
def test_nothing_is_found_in_what_is_no_answer(data):
    assert answer_in(b"\x12".join(data.split(b"\x11")), read_request(17, TEN)) == b""


@pytest.mark.parametrize(
    "before",
    [
        lambda query: b"\0",
        lambda query: b"\xff\0\x55",
        lambda query: bytes([query.unit]),
        lambda query: bytes([query.unit, query.function]),
        lambda query: bytes([query.unit, query.function, 200]),
        request_of,
        lambda query: framed(bytes([query.unit + 1, 3, 2, 0, 7])),
    ],
    ids=["zero", "noise", "unit", "head", "long head", "echo", "another unit"],
)
async def test_noise_an_echo_and_other_units_before_an_answer_do_it_no_harm(open_peer, before):
    make_peer, open_line = open_peer

    async def manners(query, wire):
        wire.write_raw(before(query) + wire.frame(query, registers(query)))

    async with make_peer(manners) as peer, open_line(peer) as line:
        for _ in range(2):
            assert (await line.read(17, TEN)).tolist() == TEN_WORDS


async def test_an_echo_that_comes_long_before_the_answer_is_left_out(open_peer):
    make_peer, open_line = open_peer

    async def manners(query, wire):
        wire.write_raw(request_of(query))
        await asyncio.sleep(0.12)
        wire.write_raw(framed(bytes([query.unit, 0x83, 2])))

    async with make_peer(manners) as peer, open_line(peer) as line:
        with pytest.raises(AddressRefusedError):
            await line.read(17, TEN)


async def test_the_echo_of_a_write_is_not_its_answer_where_echoes_are_heard(open_peer):
    make_peer, open_line = open_peer

    async def manners(query, wire):
        wire.write_raw(request_of(query))
        if query.function == 3:
            await honest(query, wire)

    async with make_peer(manners) as peer, open_line(peer) as line:
        await line.read(17, TEN)
        with pytest.raises(ModbusTimeoutError):
            await line.write(17, 4, [1])


async def test_the_echo_of_a_write_is_not_its_answer_where_it_is_the_first_that_is_heard(open_peer):
    make_peer, open_line = open_peer

    async def manners(query, wire):
        wire.write_raw(b"\0" + request_of(query))
        if query.function == 3:
            await honest(query, wire)

    async with make_peer(manners) as peer, open_line(peer) as line:
        with pytest.raises(ModbusTimeoutError):
            await line.write(17, 4, [1])
        assert [query.function for query in peer.queries] == [3, 6]


async def test_a_write_is_preceded_by_a_read_once_and_none_is_made_where_that_is_not_answered(open_peer):
    make_peer, open_line = open_peer
    async with make_peer(honest) as peer, open_line(peer) as line:
        for _ in range(2):
            await line.write(17, 4, [1])
        assert [(query.function, query.address) for query in peer.queries] == [(3, 4), (6, 4), (6, 4)]
    async with make_peer(silent) as peer, open_line(peer) as line:
        with pytest.raises(ModbusTimeoutError):
            await line.write(17, 4, [1])
        assert [query.function for query in peer.queries] == [3]


async def test_a_spoilt_answer_is_named_long_before_the_timeout(open_peer):
    make_peer, open_line = open_peer

    async def manners(query, wire):
        wire.write_raw(b"\0" + wire.frame(query, registers(query))[:-1] + b"\0")

    async with make_peer(manners) as peer, open_line(peer) as line, asyncio.timeout(20):
        with pytest.raises(GarbageError, match="wrong CRC: 00 11 03 14"):
            await line.read(17, TEN, timeout_seconds=60)


async def test_an_answer_long_after_noise_is_not_taken_for_the_next(open_peer):
    make_peer, open_line = open_peer
    late = asyncio.Event()

    async def manners(query, wire):
        if query.address == TEN.address:
            wire.write_raw(bytes([query.unit, query.function, 1, 0, 0, 0]))
            await asyncio.sleep(0.3)
            await honest(query, wire)
            late.set()
        else:
            await late.wait()
            await honest(query, wire)

    async with make_peer(manners) as peer, open_line(peer) as line:
        with pytest.raises(GarbageError):
            await line.read(17, TEN, timeout_seconds=1)
        following = await line.read(17, Span(Function.HOLDING, 500, 10), timeout_seconds=1)
        assert following.tolist() == list(range(500, 510))
