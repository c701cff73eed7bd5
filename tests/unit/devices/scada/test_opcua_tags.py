"""SCADA over OPC UA, against a real server: read, reported, through outages and restarts."""

import asyncio
import time

import pytest
from asyncua import ua

from fakes.opcua import STEAM, OpcUaPeer
from fakes.site import eventually
from integrations import SCADAConnectionConfig, SCADAConnector
from integrations.devices import ConnectionState
from integrations.devices.points import PointSample
from integrations.devices.scada import BadTagError, DataQuality, TagConfig
from integrations.devices.scada.course import HISTORICAL
from integrations.messages import Origin, Status
from integrations.protocols.opcua import HistoryUnavailableError, OpcUaTimeoutError

PRESSURE = "STEAM.HEADER.PRESSURE"
FLOW = "STEAM.HEADER.FLOW"
GONE = 0x80340000
P = TagConfig(PRESSURE, engineering_units="bar", quantity="pressure", scan_rate=20, queue_size=100)
F = TagConfig(FLOW, engineering_units="t/hr", quantity="flow_rate", scan_rate=20)


@pytest.fixture(scope="module")
def server():
    with OpcUaPeer(historized=[PRESSURE]) as peer:
        yield peer


@pytest.fixture
def peer(server):
    """The server as it is at its beginning."""
    for tag in (PRESSURE, FLOW):
        server.write(tag, STEAM[tag])
    return server


@pytest.fixture
async def system(peer):
    """Return a function that makes a SCADA system of some tags; each is disconnected at the end."""
    made = []

    def make(*tags, **fields):
        made.append(System(peer, tags, fields))
        return made[-1]

    yield make
    for each in made:
        await each.scada.disconnect()


class System:
    """A connector and what it tells."""

    def __init__(self, peer, tags, fields):
        config = SCADAConnectionConfig(**{
            "host": "127.0.0.1", "port": peer.port, "scada_id": "s", "tags": tags, "timeout_seconds": 3.0,
            "subscription_interval_ms": 20, "max_retries": 0, "simulation": "never", **fields,
        })  # fmt: skip
        self.scada = SCADAConnector(config)
        self.events = []
        self.samples: list[PointSample] = []
        self.scada.on_event(self.events.append)
        self.scada.on_sample(self._keep)

    async def _keep(self, sample):
        self.samples.append(sample)

    def points(self, tag=PRESSURE):
        """(time, value, status) of each point of a tag that travelled."""
        names = [channel.sensor_id for channel in self.scada.channels]
        at = names.index("s-" + tag.replace(".", "_"))
        return [
            point[1:]
            for sample in self.samples
            for point in zip(
                sample.channel.tolist(),
                sample.times.tolist(),
                sample.values.tolist(),
                sample.status.tolist(),
                strict=True,
            )
            if point[0] == at
        ]

    def kinds(self):
        return [event.kind for event in self.events]

    def shows(self, value, tag=PRESSURE):
        return self.scada.tags[tag].last_value == value


@pytest.mark.parametrize("subscribes", [True, False], ids=["subscribed", "polled"])
async def test_the_default_tags_have_values_right_after_connect(system, subscribes):
    scada = system(enable_subscriptions=subscribes).scada
    assert await scada.connect() is True
    values = scada.get_current_values()
    assert {name: each["value"] for name, each in values.items()} == STEAM
    assert {each["quality"] for each in values.values()} == {DataQuality.GOOD}
    assert values[FLOW]["units"] == "t/hr"
    assert await scada.read_tag(PRESSURE) == 10.0


async def test_the_time_of_the_source_and_the_status_code_are_carried_through(peer, system):
    plant = system(P)
    await plant.scada.connect()
    code = Status.UNCERTAIN_SUBNORMAL | 0x0500
    source_ns = peer.write(PRESSURE, 9.25, code, time.time_ns() + 5_000_000)
    await eventually(lambda: plant.shows(9.25))
    assert (source_ns, 9.25, code) in plant.points()
    shown = plant.scada.get_current_values()[PRESSURE]
    assert shown["quality"] is DataQuality.UNCERTAIN
    assert round(shown["timestamp"].timestamp() * 1e6) * 1000 == source_ns


async def test_a_bad_value_is_no_value_keeps_its_code_and_is_told_with_its_end(peer, system):
    plant = system(P, F)
    await plant.scada.connect()
    peer.write(PRESSURE, 9.0, Status.BAD_SENSOR_FAILURE)
    await eventually(lambda: plant.scada.tags[PRESSURE].quality is DataQuality.BAD)
    assert plant.scada.tags[PRESSURE].last_value is None
    assert plant.points()[-1][2] == Status.BAD_SENSOR_FAILURE
    assert plant.scada.tags[FLOW].quality is DataQuality.GOOD
    with pytest.raises(BadTagError, match=r"BadSensorFailure \(0x808C0000\)"):
        await plant.scada.read_tag(PRESSURE)
    peer.write(PRESSURE, 9.0)
    await eventually(lambda: plant.shows(9.0))
    assert plant.kinds() == ["tag_bad", "tag_back"]


async def test_every_change_between_two_publications_travels_in_order(peer, system):
    plant = system(P, subscription_interval_ms=500)
    await plant.scada.connect()
    written = []
    for number in range(10):
        written.append((peer.write(PRESSURE, 20.0 + number), 20.0 + number, 0))
        await asyncio.sleep(0.03)  # longer than the server's sampling interval
    await eventually(lambda: plant.shows(29.0))
    assert [point for point in plant.points() if point[1] >= 20.0] == written


async def test_callbacks_hear_of_the_present_value_and_of_changes(peer, system):
    heard = asyncio.Queue()

    async def hear(tag, value, timestamp):
        await heard.put((tag, value, timestamp))

    async def next_heard():
        async with asyncio.timeout(5):
            return await heard.get()

    plant = system(P, F)
    await plant.scada.connect()
    await plant.scada.subscribe(PRESSURE, hear)
    assert (await next_heard())[:2] == (PRESSURE, 10.0)
    source_ns = peer.write(PRESSURE, 11.0)
    peer.write(FLOW, 19.0)
    tag, value, timestamp = await next_heard()
    assert (tag, value) == (PRESSURE, 11.0)
    assert round(timestamp.timestamp() * 1e6) * 1000 == source_ns
    await eventually(lambda: plant.shows(19.0, FLOW))
    assert heard.empty()


async def test_changes_within_the_deadband_are_not_reported(peer, system):
    plant = system(TagConfig(PRESSURE, scan_rate=20, deadband=0.5))
    await plant.scada.connect()
    for value in (10.3, 10.4, 11.0):
        peer.write(PRESSURE, value)
        await asyncio.sleep(0.1)  # some publications
    await eventually(lambda: plant.shows(11.0))
    assert [value for _, value, _ in plant.points() if value != 10.0] == [11.0]


async def test_nodes_are_found_by_path_and_names_may_differ(system):
    path = TagConfig("PATH", node="/Objects/2:Plant/2:STEAM.HEADER.PRESSURE")
    plant = system(path, TagConfig("ID", node=f"ns=2;s={PRESSURE}"), TagConfig("STATE", node="i=2259"))
    await plant.scada.connect()
    assert {tag.tag_name: tag.last_value for tag in plant.scada.tags.values()} == {
        "PATH": 10.0, "ID": 10.0, "STATE": 0,
    }  # fmt: skip
    assert plant.scada.latest.values.tolist() == [10.0, 10.0, 0.0]


@pytest.mark.parametrize("subscribes", [True, False], ids=["subscribed", "polled"])
async def test_one_node_that_is_not_there_keeps_nobody_waiting(peer, system, subscribes):
    name = f"LATE.{subscribes}"
    plant = system(P, TagConfig(name, scan_rate=20), enable_subscriptions=subscribes)
    assert await plant.scada.connect() is True
    assert plant.scada.tags[name].quality is DataQuality.BAD
    assert plant.kinds() == ["tag_gone"]
    assert plant.events[0].facts == {"tag": name, "status": GONE, "name": "BadNodeIdUnknown"}
    peer.write(PRESSURE, 11.5)
    await eventually(lambda: plant.shows(11.5))
    peer.add(name, 3.0)
    assert await plant.scada.read_tag(name) == 3.0
    assert plant.kinds() == ["tag_gone", "tag_back"]


async def test_a_type_that_changes_is_told_and_what_is_no_number_does_not_pass_for_one(peer, system):
    peer.add("TYPED", 1.5)
    plant = system(TagConfig("TYPED", scan_rate=20))
    await plant.scada.connect()
    peer.retype("TYPED", "1.5 bar", ua.VariantType.String)
    await eventually(lambda: plant.kinds() == ["tag_type_changed"])
    assert plant.events[0].text == "TYPED was Double, is String"
    assert plant.points("TYPED")[-1][2] == 0x80740000
    assert plant.scada.get_current_values()["TYPED"]["quality"] is DataQuality.BAD
    with pytest.raises(BadTagError, match="BadTypeMismatch"):
        await plant.scada.read_tag("TYPED")


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


@pytest.mark.filterwarnings(
    "ignore:coroutine 'MonitoredItemService:RuntimeWarning"
)  # asyncua forgets to await it
async def test_a_tag_that_goes_while_it_is_reported_is_noticed(peer, system, monkeypatch):
    monkeypatch.setattr("integrations.devices.scada.schedule.CONFIRM_SECONDS", 0.2)
    peer.add("SHORT.LIVED", 1.0)
    plant = system(TagConfig("SHORT.LIVED", scan_rate=20))
    await plant.scada.connect()
    peer.delete("SHORT.LIVED")
    (event,) = await eventually(lambda: plant.events)
    assert (event.kind, event.text) == ("tag_gone", "SHORT.LIVED: BadNodeIdUnknown")
    peer.add("SHORT.LIVED", 2.0)
    await eventually(lambda: plant.shows(2.0, "SHORT.LIVED"))


async def test_after_a_restart_the_values_come_back_and_changes_are_reported(peer, system):
    plant = system(P, F)
    await plant.scada.connect()
    await asyncio.to_thread(peer.restart)
    began = time.monotonic()
    peer.write(PRESSURE, 12.5)
    await eventually(lambda: plant.shows(12.5))
    assert time.monotonic() - began < 5
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
        assert all(each["value"] is not None for each in plant.scada.get_current_values().values())
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


async def test_a_wrong_password_is_said_and_never_shown(system, capfd):
    plant = system(P, username="operator", password="wrong-secret")  # noqa: S106 - it is refused
    assert await plant.scada.connect() is False
    assert "'operator'" in plant.scada.last_error
    assert "wrong username or password" in plant.scada.last_error
    assert plant.points()[-1][2] == 0x801F0000  # BadUserAccessDenied
    printed = capfd.readouterr()
    assert "wrong-secret" not in printed.out + printed.err + plant.scada.last_error


async def test_a_password_comes_from_a_file_too(system, tmp_path):
    (tmp_path / "password").write_text("secret\n", encoding="utf-8")
    plant = system(P, username="operator", password_file=str(tmp_path / "password"))
    assert await plant.scada.connect() is True
    gone = system(P, username="operator", password_file=str(tmp_path / "no"))
    assert await gone.scada.connect() is False
    assert "password_file must be a readable file" in gone.scada.last_error
