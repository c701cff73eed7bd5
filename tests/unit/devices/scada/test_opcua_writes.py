"""Writing to an OPC UA server: what is let through, what is not, and the audit event of each."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from asyncua import ua

from integrations import SCADAConnectionConfig, SCADAConnector
from integrations.devices.scada import TagConfig

SETPOINT = "STEAM.SETPOINT"
PRESSURE = "STEAM.HEADER.PRESSURE"
TABLE = (
    TagConfig(SETPOINT, engineering_units="bar", writable=True, min_value=0.0, max_value=20.0),
    TagConfig("PUMP.ON", data_type="bool", writable=True),
    TagConfig("RECIPE", data_type="string", writable=True),
    TagConfig(PRESSURE, writable=True, min_value=0.0, max_value=20.0),  # the server knows better
    TagConfig("NO.SUCH", writable=True, min_value=0.0, max_value=20.0),
    TagConfig("STEAM.HEADER.FLOW"),
)


@pytest.fixture
def events():
    return []


@asynccontextmanager
async def connected(peer, events, **fields):
    config = SCADAConnectionConfig(**{
        "host": "127.0.0.1", "port": peer.port, "scada_id": "s", "tags": TABLE, "timeout_seconds": 3.0,
        "subscription_interval_ms": 50, "max_retries": 0, "simulation": "never", "allow_writes": True,
        "write_interval_seconds": 60.0, **fields,
    })  # fmt: skip
    scada = SCADAConnector(config)
    scada.on_event(lambda event: events.append(event) if event.kind == "tag_write" else None)
    assert await scada.connect() is True
    try:
        yield scada
    finally:
        await scada.disconnect()


async def test_a_value_that_is_allowed_is_written_read_back_and_told(peer, events):
    async with connected(peer, events) as scada:
        assert await scada.write_tag(SETPOINT, 12) is True
        assert peer.value(SETPOINT) == 12.0
        (event,) = events
        assert event.text == f"library writes 12 to {SETPOINT}: written"
        assert event.facts == {
            "tag": SETPOINT, "caller": "library", "old": 10.0, "wanted": 12, "new": 12.0, "written": True,
            "reason": "", "simulated": False,
        }  # fmt: skip


async def test_switches_and_texts_are_written_too(peer, events):
    async with connected(peer, events) as scada:
        assert (await scada.write("PUMP.ON", True, "GL-003")).written
        assert (await scada.write("RECIPE", "B", "GL-003")).written
        assert (peer.value("PUMP.ON"), peer.value("RECIPE")) == (True, "B")
        assert {event.facts["caller"] for event in events} == {"GL-003"}


@pytest.mark.parametrize(
    ("fields", "tag", "value", "words"),
    [
        ({"allow_writes": False}, SETPOINT, 12.0, "writing is off: allow_writes of s is false"),
        ({}, "STEAM.HEADER.FLOW", 1.0, "STEAM.HEADER.FLOW is not writable in the table of tags"),
        ({}, SETPOINT, 20.5, "STEAM.SETPOINT must be at most 20, got 20.5"),
        ({}, SETPOINT, -1, "STEAM.SETPOINT must be at least 0, got -1"),
        ({}, SETPOINT, "hot", "STEAM.SETPOINT must be a finite number, got 'hot'"),
        ({}, "STEAM.SETPOIND", 12.0, "no tag is named 'STEAM.SETPOIND': did you mean STEAM.SETPOINT"),
        ({}, PRESSURE, 12.0, "the device refused it: "),
        ({}, "NO.SUCH", 12.0, "BadNodeIdUnknown"),
    ],
)
async def test_what_is_refused_is_not_written_and_told_with_its_reason(
    peer, events, fields, tag, value, words
):
    async with connected(peer, events, **fields) as scada:
        assert await scada.write_tag(tag, value) is False
        (event,) = events
        assert words in event.facts["reason"]
        assert (event.facts["written"], event.facts["wanted"]) == (False, value)
        assert (peer.value(SETPOINT), peer.value(PRESSURE)) == (10.0, 10.0)


async def test_the_servers_own_refusal_is_told_by_its_name(peer, events):
    peer.refused[SETPOINT] = ua.StatusCodes.BadUserAccessDenied
    async with connected(peer, events) as scada:
        assert await scada.write_tag(SETPOINT, 12.0) is False
        assert "BadUserAccessDenied" in events[0].facts["reason"]
        assert events[0].facts["old"] == 10.0


async def test_a_value_that_reads_back_differently_was_not_written(peer, events):
    peer.stuck.add(SETPOINT)
    async with connected(peer, events) as scada:
        assert await scada.write_tag(SETPOINT, 12.0) is False
        assert events[0].facts["reason"] == "the device took 12.0 and afterwards reads 10.0"
        assert events[0].facts["new"] == 10.0


async def test_a_tag_is_written_once_in_an_interval(peer, events):
    async with connected(peer, events) as scada:
        assert await scada.write_tag(SETPOINT, 12.0) is True
        assert await scada.write_tag(SETPOINT, 13.0) is False
        assert "at most one write in 60 s" in events[-1].facts["reason"]
        assert peer.value(SETPOINT) == 12.0


async def test_a_type_that_the_node_has_not_is_refused_before_it_is_sent(peer, events):
    peer.add("COUNT", 3)
    count = TagConfig("COUNT", writable=True, min_value=0.0, max_value=20.0)
    async with connected(peer, events, tags=(count,), write_interval_seconds=0.0) as scada:
        assert await scada.write_tag("COUNT", 3.5) is False
        assert "must be a whole number" in events[0].facts["reason"]
        assert await scada.write_tag("COUNT", 4) is True


async def test_away_a_server_is_not_written_to(peer, events):
    async with connected(peer, events) as scada:
        peer.hang_up()
        try:
            assert await scada.write_tag(SETPOINT, 12.0) is False
            assert events[0].facts["reason"]
        finally:
            peer.listen()
        assert peer.value(SETPOINT) == 10.0


async def test_where_everything_is_simulated_the_set_point_may_be_too(events):
    config = SCADAConnectionConfig("127.0.0.1", 4840, simulation="always", allow_writes=True)
    scada = SCADAConnector(config)
    scada.on_event(events.append)
    await scada.connect()
    assert await scada.write_tag(SETPOINT, 12.0) is True
    assert await scada.read_tag(SETPOINT) == 12.0
    assert events[0].facts["simulated"] is True
    await scada.disconnect()
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("ended_by", [asyncio.CancelledError, AttributeError])
async def test_a_write_that_ended_on_its_way_is_told_too(peer, events, monkeypatch, ended_by):
    async def ends(_name, _value):
        raise ended_by

    async with connected(peer, events) as scada:
        monkeypatch.setattr(scada._writing, "write", ends)
        with pytest.raises(ended_by):
            await scada.write(SETPOINT, 12.0, "GL-003")
    (event,) = events
    assert event.facts["written"] is False
    assert event.facts["reason"] == f"it may have been written or not: ended by {ended_by.__name__}"
