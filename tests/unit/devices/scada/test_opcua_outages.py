"""SCADA over OPC UA through outages: restarts, servers that come late, and what history fills in."""

import asyncio
import time

import pytest

from fakes.site import eventually
from fakes.systems import FLOW, PRESSURE, F, P
from integrations.devices import ConnectionState
from integrations.devices.scada import DataQuality
from integrations.devices.scada.course import HISTORICAL
from integrations.messages import Origin, Status
from integrations.protocols.opcua import HistoryUnavailableError, OpcUaTimeoutError

TEN_MINUTES_NS = 600_000_000_000


async def test_an_outage_is_said_once_and_its_history_is_read_afterwards(peer, system):
    plant = system(P, F)
    await plant.scada.connect()
    last_ns = plant.points()[-1][0]
    peer.hang_up()
    await eventually(lambda: plant.scada.state is not ConnectionState.CONNECTED)
    assert plant.scada.tags[PRESSURE].quality is DataQuality.UNCERTAIN
    await eventually(lambda: plant.points()[-1][2] & 0x80000000)
    written = [(peer.write(PRESSURE, value), value, HISTORICAL) for value in (11.0, 12.0, 13.0)]
    await eventually(lambda: peer.has_recorded(PRESSURE, 13.0))
    peer.listen()
    await eventually(lambda: plant.scada.state is ConnectionState.CONNECTED)
    await eventually(lambda: plant.shows(13.0))
    points = plant.points()
    bad = [point for point in points if point[2] & 0x80000000]
    assert [point[0] for point in bad] == [last_ns + 1]
    assert [point for point in points if point[2] == HISTORICAL] == written
    assert [point[0] for point in points] == sorted({point[0] for point in points})
    (event,) = [event for event in plant.events if event.kind == "backfill"]
    assert event.facts == {"readings": 3, "tags": 1}
    assert [status & 0x80000000 for _, _, status in plant.points(FLOW)][-1] == 0


@pytest.mark.parametrize(
    ("refusal", "keeps"),
    [
        (OpcUaTimeoutError("no answer", server="s"), True),
        (HistoryUnavailableError("no history", server="s", code=0x809B0000), True),  # BadNoData
        (HistoryUnavailableError("no history", server="s", code=0x80720000), False),
    ],
    ids=["timeout", "no data", "unsupported"],
)
async def test_a_history_that_cannot_be_read_keeps_nobody_waiting(peer, system, refusal, keeps):
    async def refuse(*asked, **options):
        raise refusal

    plant = system(P)
    await plant.scada.connect()
    plant.scada._source._session.history = refuse
    peer.hang_up()
    await eventually(lambda: plant.scada.state is not ConnectionState.CONNECTED)
    peer.write(PRESSURE, 14.0)
    peer.listen()
    await eventually(lambda: plant.shows(14.0))
    assert plant.scada.state is ConnectionState.CONNECTED
    assert plant.scada._source.keeps_history(0) is keeps


async def test_a_history_that_takes_too_long_is_left_out(peer, system):
    async def hang(node, *asked, **options):
        await asyncio.Event().wait()

    plant = system(P, F, timeout_seconds=0.5)
    await plant.scada.connect()
    plant.scada._source._session.history = hang
    peer.hang_up()
    await eventually(lambda: plant.scada.state is not ConnectionState.CONNECTED)
    peer.write(PRESSURE, 14.5)
    peer.listen()
    await eventually(lambda: plant.shows(14.5))
    assert not plant.scada._source.reports


async def test_after_a_restart_the_values_come_back_and_changes_are_reported(peer, system):
    plant = system(P, F)
    await plant.scada.connect()
    await asyncio.to_thread(peer.restart)
    peer.write(PRESSURE, 12.5)
    await eventually(lambda: plant.shows(12.5))
    assert plant.scada.state is ConnectionState.CONNECTED
    peer.write(FLOW, 20.0)
    await eventually(lambda: plant.shows(20.0, FLOW))
    assert plant.scada.tags[FLOW].quality is DataQuality.GOOD


async def test_a_server_that_comes_later_is_found_without_being_called_again(peer, system):
    peer.hang_up()
    plant = system(P, circuit_timeout_seconds=60.0)
    try:
        assert await plant.scada.connect() is False
        assert plant.scada.get_current_values()[PRESSURE]["quality"] is DataQuality.BAD
    finally:
        peer.listen()
    await eventually(lambda: plant.shows(10.0))
    assert plant.scada.state is ConnectionState.CONNECTED


async def test_whoever_asks_while_it_connects_in_vain_leaves_no_task_behind(peer, system):
    peer.hang_up()
    plant = system(P)
    try:
        connecting = asyncio.create_task(plant.scada.connect())
        await asyncio.sleep(0)
        with pytest.raises(ConnectionError, match=r"127\.0\.0\.1"):
            await plant.scada.read_tag(PRESSURE)
        assert await connecting is False
        await plant.scada.disconnect()
    finally:
        peer.listen()


async def test_under_fallback_it_simulates_says_so_and_never_simulates_a_write(peer, system):
    peer.hang_up()
    plant = system(simulation="fallback", allow_writes=True)
    try:
        assert await plant.scada.connect() is True
        shown = plant.scada.get_current_values().values()
        assert all(each["value"] is not None and each["origin"] == "simulated" for each in shown)
        assert plant.scada.latest.origin is Origin.SIMULATED
        assert set(plant.scada.latest.status.tolist()) == {Status.GOOD_EDITED}
        assert await plant.scada.write_tag("STEAM.SETPOINT", 12.0) is False
        assert "a write is never simulated" in plant.events[-1].facts["reason"]
        assert plant.events[-1].facts["simulated"] is True
    finally:
        peer.listen()
    await eventually(lambda: plant.scada.latest.origin is Origin.MEASURED)
    await eventually(lambda: plant.shows(10.0))
    assert await plant.scada.write_tag("STEAM.SETPOINT", 12.0) is True
    assert peer.value("STEAM.SETPOINT") == 12.0


async def test_history_is_read_by_the_servers_own_clock(peer, system):
    def write(value):
        return peer.write(PRESSURE, value, source_ns=time.time_ns() + TEN_MINUTES_NS)

    write(10.5)
    plant = system(P)
    await plant.scada.connect()
    peer.hang_up()
    await eventually(lambda: plant.scada.state is not ConnectionState.CONNECTED)
    written = [(write(value), value) for value in (11.0, 12.0, 13.0)]
    await eventually(lambda: peer.has_recorded(PRESSURE, 13.0))
    peer.listen()
    await eventually(lambda: plant.shows(13.0))
    told = [(time_ns, value) for time_ns, value, status in plant.points() if status == HISTORICAL]
    assert told == written
    assert [value for _, value, _ in plant.points()].count(13.0) == 1
