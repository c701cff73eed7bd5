"""A silent unit costs its neighbours its timeout once, and then next to nothing."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.modbus import TcpPeer, exception, honest, per_unit, silent
from integrations.protocols.modbus import (
    GatewayError,
    ModbusError,
    ModbusTimeoutError,
    ModbusUnit,
    Register,
    RegisterTable,
    RegisterType,
    Transport,
    UnitSilentError,
)
from integrations.protocols.modbus.silence import LONGEST_PAUSE_SECONDS, NEVER_HEARD, Silence

TABLE = RegisterTable((Register("value", 0, RegisterType.UINT16),))


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


def quiet(silence, unit):
    try:
        silence.check(unit)
    except UnitSilentError:
        return True
    return False


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.RTU_OVER_TCP])
async def test_a_silent_unit_among_others_is_not_asked_again_at_once(transport, open_line):
    asked = []

    async def counted(query, wire):
        asked.append(query.unit)
        await silent(query, wire)

    manners = per_unit(others=honest, u9=counted)
    is_rtu = transport is Transport.RTU_OVER_TCP
    async with TcpPeer(manners, is_rtu=is_rtu) as peer, open_line(peer, transport=transport) as line:
        live, dead = ModbusUnit(line, 1, TABLE), ModbusUnit(line, 9, TABLE)
        await live.poll()
        with pytest.raises(ModbusTimeoutError):
            await dead.poll()
        for _ in range(3):
            with pytest.raises(UnitSilentError, match="unit 9: not polled, it was silent 1 times"):
                await dead.poll()
            await live.poll()
    assert asked == [9]


async def test_a_unit_that_has_the_line_to_itself_is_always_asked(open_line):
    async with TcpPeer(silent) as peer, open_line(peer) as line:
        dead = ModbusUnit(line, 9, TABLE)
        for _ in range(2):
            with pytest.raises(ModbusTimeoutError) as told:
                await dead.poll()
            assert not isinstance(told.value, UnitSilentError)


async def test_a_gateway_that_says_so_for_the_unit_counts_as_its_silence(open_line):
    asked = []

    async def tells(query, wire):
        asked.append(query.unit)
        wire.send(query, exception(query, 0x0B))

    async with TcpPeer(per_unit(others=honest, u9=tells)) as peer, open_line(peer) as line:
        clock = Clock()
        line.silence = Silence("gateway", clock)
        live, dead = ModbusUnit(line, 1, TABLE), ModbusUnit(line, 9, TABLE)
        await live.poll()
        with pytest.raises(GatewayError):
            await dead.poll()
        with pytest.raises(UnitSilentError):
            await dead.poll()
        clock.seconds += LONGEST_PAUSE_SECONDS
        with pytest.raises(GatewayError):
            await dead.poll()
    assert asked == [9, 9]


def test_one_lost_answer_costs_a_unit_that_works_no_more_than_it_cost_the_others():
    clock = Clock()
    silence = Silence("line", clock)
    for unit in (1, 2):
        silence.check(unit)
        silence.heard(unit)
    silence.missed(2, 0.5)
    assert quiet(silence, 2)
    assert not quiet(silence, 1)
    clock.seconds = 0.5
    assert not quiet(silence, 2)
    silence.heard(2)
    silence.missed(2, 0.5)
    clock.seconds = 1.0
    assert not quiet(silence, 2)


async def polled(units):
    """Poll all at once; return those that answered."""
    polls = await asyncio.gather(*(unit.poll() for unit in units), return_exceptions=True)
    assert all(isinstance(poll, ModbusError) for poll in polls if isinstance(poll, Exception))
    return [unit.unit for unit, poll in zip(units, polls, strict=True) if not isinstance(poll, Exception)]


async def test_who_waited_behind_dead_units_in_a_gateway_is_not_taken_for_dead(open_line):
    turn = asyncio.Lock()

    async def one_after_the_other(query, wire):
        async with turn:
            if query.unit <= 4:
                await asyncio.sleep(0.12)
                wire.send(query, exception(query, 0x0B))
            else:
                await honest(query, wire)

    async with TcpPeer(one_after_the_other) as peer, open_line(peer, timeout_seconds=0.25) as line:
        units = [ModbusUnit(line, unit, TABLE) for unit in range(1, 13)]
        first = await polled(units)
        assert len(first) < 8
        rounds = [await polled(units) for _ in range(8)]
        assert list(range(5, 13)) in rounds


async def test_units_in_doubt_are_asked_one_at_a_time(open_line):
    at_once, most = 0, 0

    async def counted(query, wire):
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.02)
        at_once -= 1

    async with TcpPeer(counted) as peer, open_line(peer) as line:
        units = [ModbusUnit(line, unit, TABLE) for unit in range(1, 6)]
        assert await polled(units) == []
        assert most > 1
        most = 0
        assert await polled(units) == []
        assert most == 1
        assert len(peer.queries) == 10


def test_a_silence_beside_a_unit_in_doubt_is_no_proof_but_what_the_gateway_says_is():
    silence = Silence("line", Clock())
    for unit in (1, 2, 3):
        silence.check(unit)
        silence.asked(unit)
    silence.missed(1, 0.5)
    assert not quiet(silence, 1)
    silence.missed(2, 0.5, is_told=True)
    assert quiet(silence, 2)
    for unit in (1, 2):
        silence.ended(unit)
    silence.missed(3, 0.5)
    assert not quiet(silence, 3)
    silence.ended(3)
    silence.asked(3)
    silence.missed(3, 0.5)
    assert quiet(silence, 3)


@given(st.lists(st.floats(0.01, 30), min_size=1, max_size=30), st.booleans())
def test_pauses_grow_and_have_an_end(waits, has_answered):
    clock = Clock()
    silence = Silence("line", clock)
    silence.check(1)
    silence.check(2)
    if has_answered:
        silence.heard(2)
    for waited in waits:
        silence.missed(2, waited)
        pause = waited if has_answered else NEVER_HEARD * waited
        clock.seconds += min(pause, LONGEST_PAUSE_SECONDS) * 0.999
        assert quiet(silence, 2)
        clock.seconds += LONGEST_PAUSE_SECONDS
        assert not quiet(silence, 2)
