"""SCADA over OPC UA, against a real server: tags read and reported, each as the server has it."""

import asyncio
import time

import pytest
from asyncua import ua

from fakes.opcua import STEAM
from fakes.site import eventually
from fakes.systems import FLOW, PRESSURE, F, P
from integrations.devices.scada import BadTagError, DataQuality, TagConfig
from integrations.messages import Status

GONE = 0x80340000


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
