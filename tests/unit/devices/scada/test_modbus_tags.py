"""SCADA over Modbus: a tag table on a real peer, over TCP, as RTU frames over TCP and on a serial line."""

import asyncio

import pytest

from fakes.tags import TagBench
from integrations.devices import ConnectionState
from integrations.devices.scada import BadTagError, DataQuality, TagConfig, UnknownTagError
from integrations.messages import Status

PRESSURE = TagConfig("P", "", "float", "bar", quantity="pressure", address=0)
PUMP = TagConfig("PUMP", data_type="bool", address=4)
COUNT = TagConfig("COUNT", data_type="int", type="int16", scale=2.0, address=5)
BATCH = TagConfig("BATCH", data_type="string", address=8, length=3)
COIL = TagConfig("COIL", data_type="bool", function="coil", address=4)
SETPOINT = TagConfig("SP", "", "float", "bar", writable=True, min_value=0, max_value=20, address=20)
SPEED = TagConfig(
    "SPEED", "", "int", "", writable=True, min_value=-90, max_value=90, address=22, type="int16", scale=0.1
)
PERCENT = TagConfig(
    "PERCENT",
    "",
    "float",
    "%",
    writable=True,
    min_value=0,
    max_value=100,
    address=23,
    type="uint16",
    scale=0.1,
)
VALVE = TagConfig("VALVE", data_type="bool", writable=True, address=24)
FAR = TagConfig("FAR", address=40, scan_rate=5000)
ALL = (PRESSURE, PUMP, COUNT, BATCH, COIL, SETPOINT, SPEED, PERCENT, VALVE, FAR)


@pytest.mark.parametrize("line", ["tcp", "rtu over tcp", "serial"])
async def test_every_kind_of_tag_is_read_and_the_getters_work_at_once(line):
    async with TagBench(*ALL, line=line) as bench:
        bench.registers.words[4:6] = 1, 0xFFFF
        bench.registers.words[8:11] = 0x422D, 0x3700, 0
        assert await bench.scada.connect() is True
        values = bench.scada.get_current_values()
        assert {name: each["value"] for name, each in values.items()} == {
            "P": 9.5, "PUMP": True, "COUNT": -2, "BATCH": "B-7", "COIL": True, "SP": 0.0, "SPEED": 0,
            "PERCENT": 0.0, "VALVE": False, "FAR": 0.0,
        }  # fmt: skip
        assert {each["quality"] for each in values.values()} == {DataQuality.GOOD}
        assert values["P"]["units"] == "bar"
        assert values["P"]["timestamp"] == bench.scada.latest.timestamp
        assert {type(values[name]["value"]) for name in ("PUMP", "COIL", "VALVE")} == {bool}
        assert type(values["COUNT"]["value"]) is int
        assert await bench.scada.read_tag("P") == 9.5


async def test_text_does_not_travel_and_switches_are_numbers():
    async with TagBench(PRESSURE, PUMP, BATCH) as bench:
        bench.registers.words[4] = 7
        await bench.scada.connect()
        (sample,) = bench.samples
        assert [channel.sensor_id for channel in bench.scada.channels] == ["s-P", "s-PUMP"]
        assert sorted(zip(sample.channel.tolist(), sample.values.tolist(), strict=True)) == [(0, 9.5), (1, 1)]


async def test_each_scan_rate_is_a_poll_of_its_own():
    async with TagBench(PRESSURE, FAR) as bench:
        await bench.scada.connect()
        bench.registers.set_float(0, 9.75)
        bench.registers.set_float(40, 1.0)
        sample = await bench.grid()
        assert sample.channel.tolist() == [0]
        assert bench.scada.tags["P"].last_value == 9.75
        assert bench.scada.tags["FAR"].last_value == 0.0
        for _ in range(4):
            sample = await bench.grid()
        assert sorted(sample.channel.tolist()) == [0, 1]
        assert bench.scada.tags["FAR"].last_value == 1.0


async def test_one_group_that_is_refused_costs_its_own_tags_only():
    async with TagBench(PRESSURE, FAR) as bench:
        bench.registers.refused = {40}
        assert await bench.scada.connect() is True
        assert bench.scada.tags["P"].last_value == 9.5
        assert bench.scada.tags["FAR"].quality is DataQuality.BAD
        assert bench.kinds() == ["tag_bad"]
        with pytest.raises(BadTagError, match="FAR has no value") as caught:
            await bench.scada.read_tag("FAR")
        assert caught.value.status == Status.BAD_CONFIGURATION_ERROR
        assert bench.scada.state is ConnectionState.CONNECTED


async def test_a_group_that_is_refused_when_nothing_else_is_due_is_no_lost_connection():
    async with TagBench(
        TagConfig("P", address=0, scan_rate=2000), TagConfig("Q", address=40, scan_rate=3000)
    ) as bench:
        bench.registers.refused = {40}
        await bench.scada.connect()
        await bench.grid(2.0)
        assert (await bench.grid()).channel.tolist() == [1]
        assert bench.scada.state is ConnectionState.CONNECTED
        assert bench.scada.tags["P"].quality is DataQuality.GOOD


async def test_a_unit_that_refuses_the_whole_table_is_not_connected():
    async with TagBench(PRESSURE, FAR) as bench:
        bench.registers.refused = set(range(64))
        assert await bench.scada.connect() is False
        assert "illegal data address" in bench.scada.last_error


async def test_one_tag_that_is_refused_costs_its_own_group_nothing():
    neighbour = TagConfig("Q", address=2)
    async with TagBench(PRESSURE, neighbour) as bench:
        bench.registers.refused = {2}
        await bench.scada.connect()
        for _ in range(3):
            await bench.grid()
        assert bench.scada.tags["P"].quality is DataQuality.GOOD
        assert bench.scada.tags["Q"].quality is DataQuality.BAD


async def test_a_unit_that_falls_silent_is_bad_at_once_and_comes_back():
    async with TagBench(PRESSURE, PUMP) as bench:
        await bench.scada.connect()
        bench.registers.silent = set(range(64))
        sample = await bench.grid()
        assert sample.status.tolist() == [Status.BAD_TIMEOUT] * 2
        assert bench.scada.state is ConnectionState.RECONNECTING
        assert bench.scada.tags["P"].quality is DataQuality.UNCERTAIN
        assert bench.scada.tags["P"].last_value == 9.5
        bench.registers.silent = set()
        sample = await bench.grid()
        assert sample.status.tolist() == [0, 0]
        assert bench.scada.state is ConnectionState.CONNECTED


async def test_subscribers_hear_of_the_present_value_and_of_each_change():
    heard = asyncio.Queue()

    async def hear(tag, value, timestamp):
        await heard.put((tag, value, timestamp))

    async def next_heard():
        async with asyncio.timeout(5):
            return await heard.get()

    async with TagBench(PRESSURE) as bench:
        await bench.scada.subscribe("P", hear)
        await bench.scada.connect()
        assert (await next_heard())[:2] == ("P", 9.5)
        await bench.scada.subscribe("P", hear)
        assert await next_heard() == ("P", 9.5, bench.scada.tags["P"].last_update)
        await bench.grid()
        bench.registers.set_float(0, 9.75)
        await bench.grid()
        assert [(await next_heard())[1] for _ in range(2)] == [9.75, 9.75]
        assert heard.empty()


async def test_a_name_that_no_tag_has_is_an_error_that_knows_better():
    async with TagBench(PRESSURE, PUMP) as bench:
        with pytest.raises(UnknownTagError, match="no tag is named 'PUMPE': did you mean PUMP"):
            await bench.scada.read_tag("PUMPE")
        with pytest.raises(KeyError, match="known: P, PUMP"):
            await bench.scada.subscribe("X", None)


@pytest.mark.parametrize(
    ("tag", "value", "read", "words"),
    [
        (SETPOINT, 12.1, pytest.approx(12.1), {20: 0x4141, 21: 0x999A}),
        (SPEED, -9, -9, {22: 0xFFA6}),
        (PERCENT, 99.96, pytest.approx(100.0), {23: 1000}),
        (VALVE, True, True, {24: 1}),
    ],
    ids=lambda each: getattr(each, "tag_name", None),
)
async def test_a_tag_is_written_in_its_registers_and_read_back(tag, value, read, words):
    async with TagBench(tag, allow_writes=True) as bench:
        await bench.scada.connect()
        outcome = await bench.scada.write(tag.tag_name, value, "GL-003")
        assert outcome.written, outcome.reason
        assert outcome.new == read
        assert {address: bench.registers.words[address] for address in words} == words
        assert bench.events[-1].facts["caller"] == "GL-003"
        assert bench.events[-1].facts["written"] is True


@pytest.mark.parametrize(
    ("manner", "words"),
    [
        ("read_only", "the device refused it: "),
        ("stuck", "the device took 12.0 and afterwards reads 0.0"),
        ("silent", "may have been written or not"),
    ],
)
async def test_a_write_that_does_not_arrive_says_why_and_is_told(manner, words):
    async with TagBench(SETPOINT, PRESSURE, allow_writes=True) as bench:
        await bench.scada.connect()
        if manner == "silent":
            honest = bench.peer.manners

            async def silent_to_writes(query, wire):
                if query.function == 3:
                    await honest(query, wire)

            bench.peer.manners = silent_to_writes
        else:
            setattr(bench.registers, manner, {20})
        bench.scada._writing._sleep = bench.time.skip
        assert await bench.scada.write_tag("SP", 12.0) is False
        event = bench.events[-1]
        assert (event.kind, event.facts["caller"], event.facts["old"]) == ("tag_write", "library", 0.0)
        assert words in event.facts["reason"]


async def test_without_leave_nothing_is_written():
    async with TagBench(SETPOINT, PRESSURE) as bench:
        await bench.scada.connect()
        assert await bench.scada.write_tag("SP", 12.0) is False
        assert "allow_writes of s is false" in bench.events[-1].text
        assert {query.function for query in bench.peer.queries} == {3}


async def test_disconnected_it_says_so():
    async with TagBench(SETPOINT, allow_writes=True) as bench:
        assert await bench.scada.write_tag("SP", 12.0) is False
        assert "call connect() first" in bench.events[-1].facts["reason"]
        with pytest.raises(ConnectionError, match="call connect"):
            await bench.scada.read_tag("SP")
