"""Polls after the first: command 9 alone where that says all, and judged like any other answer."""

import math
import struct
from dataclasses import dataclass

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.messages import Status
from integrations.protocols.hart import (
    Address,
    Frame,
    FrameType,
    HartDevice,
    HartLink,
    HartPoll,
    Identity,
    Reply,
    Request,
    UnsupportedCommandError,
)
from integrations.protocols.hart.poll import Gathering
from integrations.protocols.hart.repeated import RepeatedAnswer
from integrations.protocols.hart.variables import DeviceVariables, Slot
from integrations.simulation import HartInstrument, HartPlantServer
from integrations.simulation.hart.memory import HartMemory

VARIABLES = ("pv", "sv", "tv", "qv")
CODES = (246, 247, 248, 249)


@pytest.fixture
def asked(monkeypatch):
    """The commands that links send, in order."""
    commands = []
    ask = HartLink.ask

    def noted(self, request, timeout_seconds=None):
        commands.append(request.command)
        return ask(self, request, timeout_seconds)

    monkeypatch.setattr(HartLink, "ask", noted)
    return commands


async def test_a_device_that_says_all_by_command_9_is_asked_that_alone(link, server, shown, asked):
    device = HartDevice(link, quantities=VARIABLES)
    first = await device.poll()
    shown.values = {**shown.values, "temperature": 190.0}
    server.refresh()
    polls = [await device.poll() for _ in range(3)]
    assert asked == [0, 3, 9, 9, 9, 9]
    for poll in polls:
        assert poll.values.tolist() == [7200.0, 1234.5, 190.0, 10.0]
        assert (poll.names, poll.units, poll.device_status) == (first.names, first.units, first.device_status)
        assert poll.status.tolist() == first.status.tolist() == [Status.GOOD] * 4


async def test_only_the_variables_that_are_wanted_travel(link, asked):
    device = HartDevice(link, quantities=("tv", "pv"))
    await device.poll()
    poll = await device.poll()
    assert dict(zip(poll.names, poll.values, strict=True)) == {"tv": 184.0, "pv": 7200.0}
    assert (await device.command(9, bytes((248, 246)))).data[1:].startswith(bytes((248, 0, 32)))


async def test_loop_current_and_percent_have_commands_of_their_own(link, asked):
    device = HartDevice(link)
    await device.poll()
    await device.poll()
    assert asked == [0, 3, 2, 9, 3, 2, 9]


@dataclass(frozen=True)
class Hart6(HartInstrument):
    """A device of the revision before."""

    @property
    def identity(self) -> Identity:
        return msgspec.structs.replace(super().identity, universal_revision=6)


async def test_a_device_of_hart_6_is_asked_both(shown, link_to, asked):
    one = shown.device(0)
    async with HartPlantServer([Hart6(one.polling_address, one.tag, one.unit_codes, one.values)]) as server:
        device = HartDevice(link_to(server), quantities=VARIABLES)
        await device.poll()
        assert (await device.poll()).values[0] == 7200.0
    assert asked == [0, 3, 9, 3, 9]


async def test_a_device_whose_slots_say_less_is_asked_both(link, asked, monkeypatch):
    slot = HartMemory._slot
    monkeypatch.setattr(
        HartMemory, "_slot", lambda self, code: slot(self, 99) if code == 248 else slot(self, code)
    )
    device = HartDevice(link, quantities=VARIABLES)
    for _ in range(2):
        assert (await device.poll()).values.tolist() == [7200.0, 1234.5, 184.0, 10.0]
    assert asked == [0, 3, 9, 3, 9]


async def test_slots_that_say_less_than_before_bring_the_other_command_back(link, asked, monkeypatch):
    device = HartDevice(link, quantities=VARIABLES)
    await device.poll()
    slot = HartMemory._slot
    monkeypatch.setattr(HartMemory, "_slot", lambda self, code: slot(self, 99 if code == 248 else code))
    assert (await device.poll()).status[2] == Status.BAD_CONFIGURATION_ERROR
    assert (await device.poll()).values.tolist() == [7200.0, 1234.5, 184.0, 10.0]
    assert asked == [0, 3, 9, 9, 3, 9]


async def test_a_refusal_brings_the_other_command_back(link, asked, monkeypatch):
    device = HartDevice(link, quantities=VARIABLES)
    await device.poll()
    answer = HartMemory.answer
    monkeypatch.setattr(
        HartMemory,
        "answer",
        lambda self, command, data=b"": answer(self, 200 if command == 9 else command, data),
    )
    with pytest.raises(UnsupportedCommandError, match="command 9: response code 64"):
        await device.poll()
    assert (await device.poll()).values.tolist() == [7200.0, 1234.5, 184.0, 10.0]
    assert (await device.poll()).status.tolist() == [Status.GOOD] * 4
    assert asked == [0, 3, 9, 9, 3, 9, 3]


floats = st.floats(width=32) | st.just(math.nan)
slots = st.builds(
    Slot,
    st.just(0),
    st.sampled_from([0, 65]),
    st.sampled_from([75, 32, 250]),
    floats,
    st.sampled_from([0xC0, 0xC0, 0x80, 0x40, 0x00, 0xD0]),
)
answers = st.builds(
    lambda many, extended, code, status, ticks: Reply(
        9,
        code,
        status,
        DeviceVariables(
            extended,
            tuple(msgspec.structs.replace(slot, code=at) for slot, at in zip(many, CODES, strict=True)),
            ticks,
        ).encode(),
    ),
    st.lists(slots, min_size=4, max_size=4),
    st.sampled_from([0, 0, 1, 0x10]),
    st.sampled_from([0, 0, 8]),
    st.sampled_from([0, 0, 1, 0x40]),
    st.sampled_from([None, 7]),
)


def judged(reply: Reply) -> HartPoll:
    gathered = Gathering()
    gathered.take(DeviceVariables.decode(reply.data), reply.code, reply.device_status)
    return gathered.result(VARIABLES, 5, 0.5)


ADDRESS = Address.unique(0x20F1, 7)
REQUEST = Request(ADDRESS, 9, bytes(CODES))


def sent(reply: Reply) -> bytes:
    return Frame(FrameType.ANSWER, ADDRESS, 9, bytes((reply.code, reply.device_status)) + reply.data).encode()


@given(answers, st.lists(floats, min_size=4, max_size=4), answers)
def test_what_is_only_read_is_what_judging_it_would_say(known, values, other):
    repeated = RepeatedAnswer(REQUEST, judged(known).units)
    repeated.learn(sent(known), judged(known))
    data = bytearray(known.data)
    for at, value in enumerate(values):
        struct.pack_into(">f", data, 1 + 8 * at + 3, value)
    for reply in (known, msgspec.structs.replace(known, data=bytes(data)), other):
        poll = repeated.read(sent(reply), 5, 0.5)
        if poll is not None:
            expected = judged(reply)
            np.testing.assert_array_equal(poll.values, expected.values)
            assert poll.status.tolist() == expected.status.tolist()
            assert (poll.units, poll.device_status) == (expected.units, expected.device_status)
            assert (poll.time_ns, poll.duration_seconds, poll.errors) == (5, 0.5, ())


GOOD = Reply(9, 0, 0, DeviceVariables(0, tuple(Slot(at, 0, 75, 1.0, 0xC0) for at in CODES), 7).encode())


def test_a_poll_that_is_good_is_read_the_next_time_whatever_its_time():
    repeated = RepeatedAnswer(REQUEST, judged(GOOD).units)
    assert repeated.read(sent(GOOD), 5, 0.5) is None
    repeated.learn(sent(GOOD), judged(GOOD))
    later = msgspec.structs.replace(GOOD, data=GOOD.data[:-4] + b"\x01\x02\x03\x04")
    assert repeated.read(sent(later), 5, 0.5) is not None


@given(st.integers(0, len(sent(GOOD)) - 1), st.integers(1, 255))
def test_an_answer_with_a_wrong_byte_is_never_only_read(at, change):
    repeated = RepeatedAnswer(REQUEST, judged(GOOD).units)
    repeated.learn(sent(GOOD), judged(GOOD))
    wrong = bytearray(sent(GOOD))
    wrong[at] ^= change
    assert repeated.read(bytes(wrong), 5, 0.5) is None


def test_an_answer_in_another_frame_is_judged_each_time():
    repeated = RepeatedAnswer(REQUEST, judged(GOOD).units)
    burst = b"\xff\xff" + sent(GOOD)
    repeated.learn(burst, judged(GOOD))
    assert repeated.read(burst, 5, 0.5) is None
