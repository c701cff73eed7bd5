"""A Modbus TCP line names what goes wrong and heals by itself."""

import asyncio
import struct

import pytest

from fakes.modbus import TcpPeer, exception, honest, per_unit, registers, silent
from integrations.protocols import ProtocolConnectionError, ProtocolError
from integrations.protocols.modbus import (
    AddressRefusedError,
    CannotConnectError,
    ConnectionLostError,
    ExceptionResponseError,
    Function,
    GarbageError,
    GatewayError,
    ModbusTimeoutError,
    Span,
    UnitBusyError,
    WrongLengthError,
    WrongTransactionError,
    WrongUnitError,
)

TEN = Span(Function.HOLDING, 20, 10)
TEN_WORDS = list(range(20, 30))


async def test_reads_every_table(open_line):
    async with TcpPeer() as peer, open_line(peer) as line:
        assert (await line.read(1, TEN)).tolist() == TEN_WORDS
        assert (await line.read(1, Span(Function.INPUT, 7, 1))).tolist() == [7]
        assert (await line.read(1, Span(Function.COIL, 0, 11))).tolist() == [1, 0] * 5 + [1]
        assert (await line.read(1, Span(Function.DISCRETE, 0, 3))).tolist() == [1, 0, 1]
        assert [query.function for query in peer.queries] == [3, 4, 1, 2]
        assert peer.connections == 1


async def test_writes_one_register_by_function_6_and_several_by_16(open_line):
    async with TcpPeer() as peer, open_line(peer) as line:
        await line.write(9, 4, [513])
        await line.write(9, 4, [1, 2])
        assert [query.pdu.hex(" ") for query in peer.queries] == [
            "06 00 04 02 01",
            "10 00 04 00 02 04 00 01 00 02",
        ]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1, AddressRefusedError),
        (2, AddressRefusedError),
        (3, AddressRefusedError),
        (4, ExceptionResponseError),
        (5, UnitBusyError),
        (6, UnitBusyError),
        (10, GatewayError),
        (11, GatewayError),
        (99, ExceptionResponseError),
    ],
)
async def test_exception_codes_are_errors_with_a_name(open_line, code, kind):
    async def manners(query, wire):
        wire.send(query, exception(query, code))

    async with TcpPeer(manners) as peer, open_line(peer) as line:
        with pytest.raises(kind, match=rf"^127.0.0.1:{peer.port} unit 3, holding 20..29: exception {code} "):
            await line.read(3, TEN)
        assert peer.connections == 1


def misbehaving(how):
    """A peer that misbehaves on its first request and is honest from then on."""
    first = True

    async def manners(query, wire):
        nonlocal first
        if first:
            first = False
            how(query, wire)
        else:
            await honest(query, wire)

    return manners


@pytest.mark.parametrize(
    ("how", "kind", "connections"),
    [
        (lambda query, wire: wire.send(query, registers(query), unit=77), WrongUnitError, 2),
        (lambda query, wire: wire.send(query, registers(query), transaction=999), WrongTransactionError, 2),
        (lambda query, wire: wire.write_raw(b"HTTP/1.1 400 Bad Request\r\n"), GarbageError, 2),
        (lambda query, wire: wire.write_raw(struct.pack(">HHHB", 1, 0, 40000, 3) + b"\3"), GarbageError, 2),
        (lambda query, wire: wire.send(query, b"\x04\x02\x00\x01"), GarbageError, 1),
        (lambda query, wire: wire.send(query, registers(query, 9)), WrongLengthError, 1),
        (lambda query, wire: wire.send(query, registers(query, 0)), WrongLengthError, 1),
        (lambda query, wire: wire.send(query, registers(query, 11)), WrongLengthError, 1),
        (lambda query, wire: wire.send(query, b"\x03"), WrongLengthError, 1),
        (lambda query, wire: wire.close(), ConnectionLostError, 2),
        (
            lambda query, wire: (wire.write_raw(wire.frame(query, registers(query))[:13]), wire.close()),
            ConnectionLostError,
            2,
        ),
        (lambda query, wire: None, ModbusTimeoutError, 1),
        (lambda query, wire: wire.write_raw(wire.frame(query, registers(query))[:13]), ModbusTimeoutError, 2),
    ],
    ids=[
        "unit",
        "transaction",
        "http",
        "length",
        "function",
        "fewer",
        "none",
        "more",
        "empty",
        "close",
        "half-close",
        "silence",
        "half",
    ],
)
async def test_each_bad_answer_is_named_and_the_next_read_is_fine(open_line, how, kind, connections):
    async with TcpPeer(misbehaving(how)) as peer, open_line(peer) as line:
        with pytest.raises(kind, match=r"unit 3, holding 20..29: ") as caught:
            await line.read(3, TEN)
        assert isinstance(caught.value, ProtocolError)
        assert (await line.read(3, Span(Function.HOLDING, 0, 2))).tolist() == [0, 1]
        assert peer.connections == connections


async def test_an_answer_in_single_bytes_is_put_together(open_line):
    async def manners(query, wire):
        for byte in wire.frame(query, registers(query)):
            wire.write_raw(bytes([byte]))
            await asyncio.sleep(0)

    async with TcpPeer(manners) as peer, open_line(peer, timeout_seconds=5.0) as line:
        assert (await line.read(1, TEN)).tolist() == TEN_WORDS


async def test_a_late_answer_is_neither_matched_nor_fatal(open_line):
    held = []

    async def manners(query, wire):
        if not held:
            held.append(query)
            return
        wire.send(held[0], registers(held[0]))
        await honest(query, wire)

    async with TcpPeer(manners) as peer, open_line(peer) as line:
        with pytest.raises(TimeoutError):
            await line.read(1, TEN)
        assert (await line.read(1, Span(Function.HOLDING, 500, 10))).tolist() == list(range(500, 510))
        assert peer.connections == 1


async def test_two_silences_in_a_row_mean_a_half_open_connection(open_line):
    async with TcpPeer(silent) as peer, open_line(peer, connection_pool_size=1) as line:
        for _ in range(2):
            with pytest.raises(ModbusTimeoutError):
                await line.read(1, TEN)
        peer.manners = honest
        assert (await line.read(1, TEN)).tolist() == TEN_WORDS
        assert peer.connections == 2


async def test_a_closed_port_is_named_and_not_asked_again_at_once(open_line):
    async with TcpPeer() as peer:
        pass
    async with open_line(peer) as line:
        for _ in range(2):
            with pytest.raises(CannotConnectError, match=f"127.0.0.1:{peer.port}: cannot connect") as caught:
                await line.read(1, TEN)
            assert isinstance(caught.value, ProtocolConnectionError | ConnectionError)


async def test_a_restarted_server_is_found_again(open_line):
    async with TcpPeer() as peer, open_line(peer, timeout_seconds=2.0) as line:
        assert (await line.read(1, TEN)).tolist() == TEN_WORDS
        await peer.__aexit__()
        with pytest.raises(ConnectionError):
            await line.read(1, TEN)
        await peer.__aenter__()
        await asyncio.sleep(0.25)  # the line's own pause after a refused connection
        assert (await line.read(1, TEN)).tolist() == TEN_WORDS


async def test_a_server_that_closes_after_each_answer_gives_all_that_it_is_asked_for(open_line):
    async def manners(query, wire):
        await honest(query, wire)
        wire.close()

    async with TcpPeer(manners) as peer, open_line(peer, timeout_seconds=5.0) as line:
        for _ in range(5):
            assert (await line.read(1, TEN)).tolist() == TEN_WORDS
        results = await asyncio.gather(*(line.read(unit, TEN) for unit in range(1, 20)))
        assert [words.tolist() for words in results] == [TEN_WORDS] * 19


async def test_a_write_that_meets_the_end_of_its_connection_is_not_sent_again(open_line):
    async def manners(query, wire):
        if query.function == 6:
            wire.close()
        else:
            await honest(query, wire)

    async with TcpPeer(manners) as peer, open_line(peer, timeout_seconds=5.0) as line:
        await line.read(1, TEN)
        with pytest.raises(ConnectionLostError):
            await line.write(1, 4, [1])
        assert [query.function for query in peer.queries] == [3, 6]


@pytest.mark.parametrize(
    ("pdu", "kind", "what"),
    [
        (b"\x83", GarbageError, "exception of 1 bytes instead of 2"),
        (b"\x83\x02\x00", GarbageError, "exception of 3 bytes instead of 2"),
        (b"\x03\x63" + bytes(20), WrongLengthError, "claims 99 bytes of registers and has 20"),
    ],
)
async def test_a_misshapen_answer_is_described_as_it_is(open_line, pdu, kind, what):
    async def manners(query, wire):
        wire.send(query, pdu)

    async with TcpPeer(manners) as peer, open_line(peer) as line:
        with pytest.raises(kind, match=what):
            await line.read(1, TEN)


async def test_a_silent_unit_behind_a_gateway_does_not_delay_its_neighbours(open_line):
    async with (
        TcpPeer(per_unit(u1=silent, others=honest)) as peer,
        open_line(peer, timeout_seconds=5.0) as line,
    ):
        blocked = asyncio.ensure_future(line.read(1, TEN))
        await peer.heard(1)
        async with asyncio.timeout(2):
            for _ in range(20):
                await asyncio.gather(*(line.read(unit, TEN) for unit in range(2, 12)))
        assert not blocked.done()
        blocked.cancel()
        assert peer.connections <= 5


async def test_a_cancelled_read_leaves_the_line_usable(open_line):
    held = []

    async def manners(query, wire):
        if query.address == 20:
            held.append((query, wire))
        else:
            for late, late_wire in held:
                late_wire.send(late, registers(late))
            await honest(query, wire)

    async with TcpPeer(manners) as peer, open_line(peer, connection_pool_size=1, timeout_seconds=5.0) as line:
        read = asyncio.ensure_future(line.read(1, TEN))
        waiting = asyncio.ensure_future(line.read(2, TEN))
        await peer.heard(1)
        waiting.cancel()
        read.cancel()
        await asyncio.gather(read, waiting, return_exceptions=True)
        assert (await line.read(1, Span(Function.HOLDING, 0, 10))).tolist() == list(range(10))
        assert peer.connections == 1


async def test_a_server_with_few_connections_is_served_by_those(open_line):
    async with TcpPeer(max_connections=2) as peer, open_line(peer, timeout_seconds=5.0) as line:
        for _ in range(3):
            answers = await asyncio.gather(*(line.read(unit, TEN) for unit in range(1, 12)))
            assert all(answer.tolist() == TEN_WORDS for answer in answers)
        assert len({query.connection for query in peer.queries}) == 2


async def test_closing_a_line_ends_what_is_under_way_and_what_waits(open_line):
    async with TcpPeer(silent) as peer, open_line(peer, connection_pool_size=1, timeout_seconds=5.0) as line:
        reads = [asyncio.ensure_future(line.read(unit, TEN)) for unit in (1, 2)]
        await peer.heard(1)
        await line.close()
        for result in await asyncio.gather(*reads, return_exceptions=True):
            assert isinstance(result, ConnectionLostError)
        with pytest.raises(ConnectionLostError):
            await line.read(1, TEN)


async def test_more_waiting_than_a_gateway_has_units_is_refused(open_line, monkeypatch):
    monkeypatch.setattr("integrations.protocols.modbus.pool.MAX_WAITING", 2)
    async with TcpPeer(silent) as peer, open_line(peer, connection_pool_size=1, timeout_seconds=5.0) as line:
        reads = [asyncio.ensure_future(line.read(unit, TEN)) for unit in (1, 2, 3)]
        await peer.heard(1)
        with pytest.raises(ProtocolError, match="2 requests already wait"):
            await line.read(4, TEN)
        await line.close()
        await asyncio.gather(*reads, return_exceptions=True)
