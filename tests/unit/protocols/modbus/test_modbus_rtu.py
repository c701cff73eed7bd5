"""A serial line carries one request at a time, and a late answer is never taken for the next."""

import asyncio
import termios

import pytest
from pymodbus.framer import FramerRTU

from fakes.modbus import SerialPeer, TcpPeer, crc16, honest, per_unit, registers, silent
from integrations.configuration import ConfigurationError
from integrations.protocols.modbus import (
    CannotConnectError,
    ConnectionLostError,
    Function,
    GarbageError,
    ModbusEndpoint,
    ModbusTimeoutError,
    Span,
    Transport,
    WrongLengthError,
    WrongUnitError,
)

TEN = Span(Function.HOLDING, 20, 10)
TEN_WORDS = list(range(20, 30))
NEXT = Span(Function.HOLDING, 500, 10)


@pytest.fixture(params=["serial", "rtu over tcp"])
def open_peer(request, open_line):
    """Return a function that makes a peer, and one that makes the line to it."""
    if request.param == "serial":
        return SerialPeer, open_line
    return (
        lambda manners=honest: TcpPeer(manners, is_rtu=True),
        lambda peer, **settings: open_line(peer, transport=Transport.RTU_OVER_TCP, **settings),
    )


def in_turn(*manners):
    """A peer that goes through its manners request by request and keeps the last."""
    left = list(manners)

    async def chosen(query, wire):
        await (left.pop(0) if len(left) > 1 else left[0])(query, wire)

    return chosen


def sending(make):
    async def manners(query, wire):
        wire.write_raw(make(query, wire))

    return manners


def test_the_fake_and_pymodbus_agree_on_the_crc():
    frame = bytes.fromhex("01 03 00 14 00 0a")
    assert crc16(frame) == FramerRTU.compute_CRC(frame).to_bytes(2, "big")


async def test_reads_and_writes(open_peer):
    make_peer, open_line = open_peer
    async with make_peer() as peer, open_line(peer) as line:
        assert (await line.read(17, TEN)).tolist() == TEN_WORDS
        await line.write(17, 4, [1, 2])
        await line.write(17, 4, [1])
        assert (await line.read(17, Span(Function.COIL, 0, 3))).tolist() == [1, 0, 1]


async def test_one_request_is_under_way_at_a_time(open_peer):
    make_peer, open_line = open_peer
    under_way = []

    async def manners(query, wire):
        under_way.append(query.unit)
        assert len(under_way) == 1
        await asyncio.sleep(0.001)
        under_way.remove(query.unit)
        await honest(query, wire)

    async with make_peer(manners) as peer, open_line(peer, timeout_seconds=5.0) as line:
        answers = await asyncio.gather(*(line.read(unit, TEN) for unit in range(1, 11)))
        assert [answer.tolist() for answer in answers] == [TEN_WORDS] * 10


async def test_a_late_answer_of_the_same_length_is_not_taken_for_the_next(open_peer):
    make_peer, open_line = open_peer
    late = []

    async def keep(query, wire):
        late.append((query, wire))

    async with make_peer(in_turn(keep, honest)) as peer, open_line(peer) as line:
        with pytest.raises(ModbusTimeoutError):
            await line.read(1, TEN)
        following = asyncio.ensure_future(line.read(1, NEXT))
        query, wire = late[0]
        wire.send(query, registers(query))
        assert (await following).tolist() == list(range(500, 510))
        assert (await line.read(1, TEN)).tolist() == TEN_WORDS


async def test_whoever_waits_behind_a_silent_unit_does_not_get_its_late_answer(open_peer):
    make_peer, open_line = open_peer
    late, is_late = [], asyncio.Event()

    async def keep(query, wire):
        late.append((query, wire))

    async def after_the_late_one(query, wire):
        await is_late.wait()
        await honest(query, wire)

    async with make_peer(in_turn(keep, after_the_late_one)) as peer, open_line(peer) as line:
        first = asyncio.create_task(line.read(1, TEN))
        await asyncio.sleep(0)
        following = asyncio.create_task(line.read(1, NEXT))
        with pytest.raises(ModbusTimeoutError):
            await first
        query, wire = late[0]
        wire.send(query, registers(query))
        is_late.set()
        assert (await following).tolist() == list(range(500, 510))


async def test_neighbours_go_on_while_a_unit_may_still_answer_late(open_peer):
    make_peer, open_line = open_peer
    late = []

    async def keep(query, wire):
        late.append((query, wire))

    async def after_the_late_one(query, wire):
        kept, _ = late[0]
        wire.send(kept, registers(kept))
        await asyncio.sleep(0.01)
        await honest(query, wire)

    async with make_peer(in_turn(keep, after_the_late_one, honest)) as peer, open_line(peer) as line:
        with pytest.raises(ModbusTimeoutError):
            await line.read(1, TEN)
        assert (await line.read(2, NEXT)).tolist() == list(range(500, 510))
        assert (await line.read(1, NEXT)).tolist() == list(range(500, 510))


async def test_a_cancelled_read_keeps_the_line_until_its_answer(open_peer):
    make_peer, open_line = open_peer
    held = asyncio.Event()

    async def on_cue(query, wire):
        await held.wait()
        await honest(query, wire)

    async with make_peer(in_turn(on_cue, honest)) as peer, open_line(peer, timeout_seconds=5.0) as line:
        read = asyncio.ensure_future(line.read(1, TEN))
        await peer.heard(1)
        read.cancel()
        following = asyncio.ensure_future(line.read(1, NEXT))
        await asyncio.sleep(0)
        held.set()
        assert (await following).tolist() == list(range(500, 510))
        with pytest.raises(asyncio.CancelledError):
            await read


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda query, wire: wire.frame(query, registers(query))[:-1] + b"\0", GarbageError),
        (lambda query, wire: wire.frame(query, registers(query), unit=9), WrongUnitError),
        (lambda query, wire: wire.frame(query, registers(query, 4)), WrongLengthError),
        (lambda query, wire: wire.frame(query, b"\x04\x02\x00\x01"), GarbageError),
        (lambda query, wire: wire.frame(query, registers(query))[:7], ModbusTimeoutError),
        (lambda query, wire: b"\xff\xff\xff\xff\xff\xff", GarbageError),
    ],
    ids=["crc", "unit", "fewer", "function", "half", "noise"],
)
async def test_each_bad_answer_is_named_and_the_next_read_is_fine(open_peer, make, kind):
    make_peer, open_line = open_peer
    async with make_peer(in_turn(sending(make), honest)) as peer, open_line(peer) as line:
        with pytest.raises(kind, match=r"unit 3, holding 20..29: "):
            await line.read(3, TEN)
        assert (await line.read(3, NEXT)).tolist() == list(range(500, 510))


async def test_a_silent_unit_costs_its_neighbours_one_timeout(open_peer):
    make_peer, open_line = open_peer
    async with make_peer(per_unit(u1=silent, others=honest)) as peer, open_line(peer) as line:
        results = await asyncio.gather(
            *(line.read(unit, TEN) for unit in range(1, 12)), return_exceptions=True
        )
        assert isinstance(results[0], ModbusTimeoutError)
        assert all(result.tolist() == TEN_WORDS for result in results[1:])


async def test_frames_keep_their_distance(open_line):
    async with (
        SerialPeer() as peer,
        open_line(peer, inter_frame_pause_seconds=0.03, timeout_seconds=5.0) as line,
    ):
        clock = asyncio.get_running_loop().time
        began = clock()
        for _ in range(4):
            await line.read(1, TEN)
        assert clock() - began >= 3 * 0.03 - 1e-6


async def test_a_missing_port_is_named(open_line):
    class Nowhere:
        device = "/dev/does-not-exist"

    async with open_line(Nowhere()) as line:
        with pytest.raises(CannotConnectError, match=r"^/dev/does-not-exist: cannot connect"):
            await line.read(1, TEN)


async def test_an_unplugged_adapter_is_a_lost_connection(open_line):
    async with SerialPeer(silent) as peer, open_line(peer, timeout_seconds=5.0) as line:
        read = asyncio.ensure_future(line.read(1, TEN))
        await peer.heard(1)
        peer.unplug()
        with pytest.raises(ConnectionLostError):
            await read


def test_the_pause_follows_the_serial_line_specification():
    def pause(**settings):
        return ModbusEndpoint(Transport.RTU, device="/dev/ttyS0", **settings).pause_seconds

    assert pause(baud_rate=9600) == pytest.approx(3.5 * 10 / 9600)
    assert pause(baud_rate=19200, parity="E") == pytest.approx(3.5 * 11 / 19200)
    assert pause(baud_rate=115200) == 0.00175
    assert pause(inter_frame_pause_seconds=0.05) == 0.05


def test_an_endpoint_without_its_address_is_refused():
    with pytest.raises(ConfigurationError, match="device must be given for transport rtu"):
        ModbusEndpoint(Transport.RTU, host="10.0.0.1")
    with pytest.raises(ConfigurationError, match="host must be given for transport tcp"):
        ModbusEndpoint(device="/dev/ttyS0")


async def test_a_pseudo_terminal_is_opened_whatever_the_parity(open_line):
    async with SerialPeer(honest) as peer, open_line(peer, parity="E") as line:
        assert (await line.read(17, TEN)).tolist() == TEN_WORDS


async def test_a_port_that_refuses_its_settings_says_which(open_line, monkeypatch):
    def refuse(*settings):
        raise termios.error(22, "Invalid argument")

    async with SerialPeer(honest) as peer, open_line(peer, baud_rate=19200) as line:
        monkeypatch.setattr(termios, "tcsetattr", refuse)
        with pytest.raises(CannotConnectError, match="does not take 19200 baud 8N1: Invalid argument"):
            await line.read(17, TEN)
