"""A unit is polled whole; what it does not give is left out, and the rest keeps coming."""

import asyncio
import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from fakes.modbus import TcpPeer, exception, honest, per_unit, refusing, registers, silent
from integrations.messages.status import Status
from integrations.protocols.modbus import (
    CDAB,
    FLOAT32,
    STRING,
    UINT32,
    AddressRefusedError,
    Function,
    ModbusTimeoutError,
    ModbusUnit,
    Register,
    RegisterTable,
    UnitBusyError,
)
from integrations.protocols.modbus.errors import exception_response
from integrations.protocols.modbus.silence import Silence


def table_of(count, **settings):
    return RegisterTable(tuple(Register(f"r{at}", at) for at in range(count)), **settings)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def asked(peer):
    """Return the requests since the last look, as (address, count)."""
    queries = [(query.address, query.count) for query in peer.queries]
    peer.queries.clear()
    return queries


async def test_a_poll_reads_all_values_with_status_texts_and_time(open_line):
    table = RegisterTable((
        Register("flow", 0, FLOAT32, unit="t/hr"),
        Register("total", 2, UINT32, order=CDAB),
        Register("unit", 100, STRING, length=2),
        Register("pump", 5, function=Function.COIL),
    ))  # fmt: skip

    async def manners(query, wire):
        if query.function == 1:
            wire.send(query, b"\x01\x01\x01")
        elif query.address == 100:
            wire.send(query, b"\x03\x04t/hr")
        else:
            wire.send(query, b"\x03\x08" + struct.pack(">fHH", 12.5, 7, 1))

    times = iter([1_000_000_000, 1_400_000_000])
    async with TcpPeer(manners) as peer, open_line(peer) as line:
        poll = await ModbusUnit(line, 4, table, now_ns=lambda: next(times)).poll()
    assert poll.values[[0, 1, 3]].tolist() == [12.5, 65536 + 7, 1]
    assert poll.texts == {"unit": "t/hr"}
    assert poll.status.tolist() == [Status.GOOD] * 4
    assert (poll.time_ns, poll.duration_seconds) == (1_200_000_000, 0.4)
    assert poll.errors == ()
    assert len(peer.queries) == 3


async def test_what_is_not_a_number_is_never_good(open_line):
    table = RegisterTable((Register("nan", 0, FLOAT32), Register("inf", 2, FLOAT32), Register("fine", 4)))

    async def manners(query, wire):
        wire.send(query, b"\x03\x0a" + struct.pack(">ffH", math.nan, math.inf, 3))

    async with TcpPeer(manners) as peer, open_line(peer) as line:
        poll = await ModbusUnit(line, 1, table).poll()
    assert poll.status.tolist() == [Status.BAD_SENSOR_FAILURE, Status.BAD_OUT_OF_RANGE, Status.GOOD]
    assert np.isnan(poll.values[:2]).all()


@pytest.mark.parametrize("code", [2, 3])
async def test_holes_are_found_left_out_and_the_rest_keeps_coming(open_line, code):
    holes = {37, 38, 90}
    async with TcpPeer(refusing(holes, code)) as peer, open_line(peer) as line:
        unit = ModbusUnit(line, 1, table_of(100))
        for expected_errors in (3, 0):
            poll = await unit.poll()
            bad = {at for at in range(100) if poll.status[at] == Status.BAD_CONFIGURATION_ERROR}
            assert bad == holes
            assert [int(value) for value in poll.values[~np.isnan(poll.values)]] == [
                at for at in range(100) if at not in holes
            ]
            assert len(poll.errors) == expected_errors
        asked(peer)
        await unit.poll()
        assert asked(peer) == [(0, 37), (39, 51), (91, 9)]


async def test_holes_are_asked_again_now_and_then_and_ever_more_rarely(open_line):
    clock = Clock()
    holes = {5}
    async with TcpPeer(refusing(holes)) as peer, open_line(peer) as line:
        unit = ModbusUnit(line, 1, table_of(10), clock=clock)
        await unit.poll()
        asked(peer)
        regular = [(0, 5), (6, 4)]
        for now, retried in ((599, False), (600, True), (601, False), (1799, False), (1800, True)):
            clock.now = now
            await unit.poll()
            assert asked(peer) == regular + [(5, 1)] * retried, now
        holes.clear()
        clock.now = 10_000
        poll = await unit.poll()
        assert poll.status.tolist() == [Status.GOOD] * 10
        assert poll.values[5] == 5
        asked(peer)
        await unit.poll()
        assert asked(peer) == [(0, 10)]


async def test_a_gap_that_may_not_be_read_is_read_around(open_line):
    table = RegisterTable((Register("a", 0), Register("b", 6)))
    async with TcpPeer(refusing({3})) as peer, open_line(peer) as line:
        unit = ModbusUnit(line, 1, table)
        assert (await unit.poll()).status.tolist() == [Status.GOOD] * 2
        asked(peer)
        assert (await unit.poll()).values.tolist() == [0, 6]
        assert asked(peer) == [(0, 1), (6, 1)]


async def test_a_device_with_a_smaller_maximum_is_learnt(open_line):
    async with TcpPeer(refusing(set(), 3, max_count=12)) as peer, open_line(peer) as line:
        unit = ModbusUnit(line, 1, table_of(40))
        assert (await unit.poll()).values.tolist() == list(range(40))
        asked(peer)
        await unit.poll()
        assert all(count <= 12 for _, count in asked(peer))


@pytest.mark.parametrize("given", ["fewer", "none"])
async def test_a_server_that_answers_past_its_end_without_an_error_has_holes_there(open_line, given):
    async def manners(query, wire):
        if query.address + query.count <= 20:
            await honest(query, wire)
        else:
            wire.send(query, registers(query, 0 if given == "none" else max(0, 20 - query.address)))

    async with TcpPeer(manners) as peer, open_line(peer) as line:
        unit = ModbusUnit(line, 1, table_of(24))
        poll = await unit.poll()
        assert poll.values[:20].tolist() == list(range(20))
        assert poll.status[20:].tolist() == [Status.BAD_CONFIGURATION_ERROR] * 4
        asked(peer)
        await unit.poll()
        assert asked(peer) == [(0, 20)]


async def test_a_unit_that_refuses_everything_is_an_error_and_not_all_holes(open_line):
    async with TcpPeer(refusing(set(range(100)))) as peer, open_line(peer) as line:
        unit = ModbusUnit(line, 1, table_of(10))
        with pytest.raises(AddressRefusedError):
            await unit.poll()
        peer.manners = honest
        assert (await unit.poll()).values.tolist() == list(range(10))


async def test_a_missing_function_is_not_searched_for_holes(open_line):
    async def manners(query, wire):
        if query.function == 4:
            wire.send(query, exception(query, 1))
        else:
            await honest(query, wire)

    inputs = tuple(Register(f"i{at}", at, function=Function.INPUT) for at in range(50))
    async with TcpPeer(manners) as peer, open_line(peer) as line:
        poll = await ModbusUnit(line, 1, RegisterTable((Register("h", 0), *inputs))).poll()
    assert poll.status[0] == Status.GOOD
    assert set(poll.status[1:]) == {Status.BAD_CONFIGURATION_ERROR}
    assert len(peer.queries) == 2


async def test_a_poll_spends_a_bounded_number_of_requests_on_holes(open_line):
    table = table_of(400, max_gap=0)
    async with TcpPeer(refusing(set(range(1, 400, 2)))) as peer, open_line(peer, timeout_seconds=5.0) as line:
        unit = ModbusUnit(line, 1, table)
        good = [0]
        while good[-1] < 200:
            planned = len(unit._plan.requests)
            asked(peer)
            poll = await unit.poll()
            assert len(asked(peer)) <= planned + 64
            good.append(np.count_nonzero(poll.status == Status.GOOD))
            assert good[-1] > good[-2]


class Device:
    """A line without a wire: registers that carry their address, some refused, none in long requests."""

    def __init__(self, holes, max_count):
        self.holes = holes
        self.max_count = max_count
        self.refusals = 0
        self.silence = Silence("fake", lambda: 0.0)

    async def read(self, unit, span, timeout_seconds=None):
        if span.count > self.max_count or self.holes & set(range(span.address, span.end)):
            self.refusals += 1
            raise exception_response(2, line="fake", unit=unit, span=span)
        return np.arange(span.address, span.end, dtype=np.uint16)


@given(
    st.sets(st.integers(0, 79)),
    st.integers(2, 125),
    st.integers(0, 20),
    st.sets(st.integers(0, 79), min_size=1),
)
async def test_whatever_a_device_refuses_the_rest_is_read_and_soon_without_refusals(
    holes, max_count, max_gap, wanted
):
    table = RegisterTable(tuple(Register(f"r{at}", at) for at in sorted(wanted)), max_gap=max_gap)
    readable = np.array([at not in holes for at in sorted(wanted)])
    device = Device(holes, max_count)
    unit = ModbusUnit(device, 1, table, clock=Clock())
    for _ in range(10):
        device.refusals = 0
        try:
            poll = await unit.poll()
        except AddressRefusedError:
            assert not readable.any() or device.refusals > 64
    if readable.any():
        assert device.refusals == 0
        assert (poll.status == Status.GOOD).tolist() == readable.tolist()
        assert poll.values[readable].tolist() == [at for at in sorted(wanted) if at not in holes]


async def test_a_silent_unit_costs_one_timeout_however_many_requests_it_needs(open_line):
    async with TcpPeer(silent) as peer, open_line(peer) as line:
        unit = ModbusUnit(line, 1, table_of(1000))
        with pytest.raises(ModbusTimeoutError):
            await unit.poll()
        assert len(peer.queries) == 1


async def test_what_came_before_a_timeout_is_kept(open_line):
    async def manners(query, wire):
        if query.address == 0:
            await honest(query, wire)

    async with TcpPeer(manners) as peer, open_line(peer) as line:
        poll = await ModbusUnit(line, 1, table_of(300)).poll()
    assert poll.status[:125].tolist() == [Status.GOOD] * 125
    assert set(poll.status[125:]) == {Status.BAD_TIMEOUT}
    assert np.isnan(poll.values[125:]).all()
    assert [type(error) for error in poll.errors] == [ModbusTimeoutError]


async def test_a_failed_block_is_marked_and_the_others_are_read(open_line):
    async def manners(query, wire):
        if query.address == 0:
            wire.send(query, exception(query, 4))
        else:
            await honest(query, wire)

    async with TcpPeer(manners) as peer, open_line(peer) as line:
        poll = await ModbusUnit(line, 1, table_of(200)).poll()
    assert set(poll.status[:125]) == {Status.BAD_DEVICE_FAILURE}
    assert set(poll.status[125:]) == {Status.GOOD}


async def test_a_busy_unit_is_left_alone_until_the_next_poll(open_line):
    async def manners(query, wire):
        wire.send(query, exception(query, 6))

    async with TcpPeer(manners) as peer, open_line(peer) as line:
        with pytest.raises(UnitBusyError):
            await ModbusUnit(line, 1, table_of(300)).poll()
        assert len(peer.queries) == 1


async def test_polls_of_one_unit_never_overlap(open_line):
    under_way = set()

    async def manners(query, wire):
        assert not under_way
        under_way.add(query.unit)
        await asyncio.sleep(0)
        under_way.clear()
        await honest(query, wire)

    async with TcpPeer(manners) as peer, open_line(peer, timeout_seconds=5.0) as line:
        unit = ModbusUnit(line, 1, table_of(10))
        polls = await asyncio.gather(*(unit.poll() for _ in range(5)))
        assert all(poll.values.tolist() == list(range(10)) for poll in polls)


async def test_ten_live_neighbours_of_a_silent_unit_lose_no_poll(open_line):
    async with (
        TcpPeer(per_unit(u1=silent, others=honest)) as peer,
        open_line(peer, timeout_seconds=5.0) as line,
    ):
        units = [ModbusUnit(line, number, table_of(100)) for number in range(1, 12)]
        silent_one = asyncio.ensure_future(units[0].poll())
        async with asyncio.timeout(3):
            for _ in range(20):
                polls = await asyncio.gather(*(unit.poll() for unit in units[1:]))
                assert all(not poll.status.any() for poll in polls)
        silent_one.cancel()


async def test_the_servers_of_pymodbus_are_read(open_line):
    words = [
        SimData(0, values=[1, 2, 3], datatype=DataType.UINT16),
        SimData(5, values=7, datatype=DataType.UINT16),
    ]
    server = ModbusTcpServer([SimDevice(3, words)], address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    try:
        server.port = server.transport.sockets[0].getsockname()[1]
        async with open_line(server, timeout_seconds=5.0) as line:
            unit = ModbusUnit(line, 3, RegisterTable(tuple(Register(f"r{at}", at) for at in (0, 1, 2, 3, 5))))
            poll = await unit.poll()
            assert poll.values[[0, 1, 2, 4]].tolist() == [1, 2, 3, 7]
            assert poll.status.tolist() == [0, 0, 0, Status.BAD_CONFIGURATION_ERROR, 0]
            await line.write(3, 0, [42])
            assert (await unit.poll()).values[0] == 42
    finally:
        await server.shutdown()
