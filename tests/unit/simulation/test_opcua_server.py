"""The simulated plant's SCADA on real OPC UA: policies, users, history, writes, and faults by name."""

import asyncio
import time
import tomllib

import pytest
import pytest_asyncio

from fakes.site import eventually
from integrations import SCADAConnectionConfig, SCADAConnector
from integrations.configuration import read_table
from integrations.messages import Status
from integrations.protocols.opcua import LoginRefusedError, NotWritableError, OpcUaEndpoint
from integrations.protocols.opcua.client import OpcUaSession, SubscriptionSettings, tags_as_toml
from integrations.protocols.opcua.errors import NotConnectedError
from integrations.resilience import Backoff
from integrations.simulation import Instruments, ServerAddressError, SteamPlant, UnknownPointError
from integrations.simulation.opcua.server import OpcUaPlantServer
from integrations.simulation.opcua.tags import OPCUA_TAGS, SETPOINT

pytestmark = pytest.mark.asyncio(
    loop_scope="module"
)  # one server for all: its start takes a second of a core

PRESSURE, FLOW = "STEAM.HEADER.PRESSURE", "STEAM.HEADER.FLOW"
UNKNOWN = 0x80340000
POLICIES = [
    ("None", "None"),
    ("Basic256Sha256", "Sign"),
    ("Basic256Sha256", "SignAndEncrypt"),
    ("Aes128Sha256RsaOaep", "SignAndEncrypt"),
    ("Aes256Sha256RsaPss", "SignAndEncrypt"),
]


def node(tag):
    return f"ns=2;s={tag}"


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    """Keys are made once: that takes longer than anything else here."""
    return tmp_path_factory.mktemp("pki")


@pytest.fixture(scope="module")
def instruments():
    return Instruments(SteamPlant(seed=1))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def plant(pki, instruments):
    async with OpcUaPlantServer(
        instruments, users={"operator": "correct"}, pki_folder=str(pki / "server")
    ) as server:
        yield server


def session_with(plant, pki, **fields):
    endpoint = OpcUaEndpoint(
        url=plant.url, pki_folder=str(pki / "client"), trust_folder=str(plant.certificate_file.parent),
        timeout_seconds=5.0, keep_alive_seconds=0.5, **fields,
    )  # fmt: skip
    return OpcUaSession(endpoint, backoff=Backoff(0.05, 2.0, 0.2, jitter=True))


async def test_every_tag_shows_the_plant_by_name_and_by_number_and_says_what_it_is(plant, pki, instruments):
    async with session_with(plant, pki) as session:
        advance(instruments, 60.0)
        plant.refresh()
        flow = instruments.read("main_steam_header")["flow_rate"]
        await eventually(lambda: shows(session, FLOW, flow))
        by_name = await session.read([node(tag.name) for tag in OPCUA_TAGS])
        by_number = await session.read([f"ns=2;i={tag.number}" for tag in OPCUA_TAGS])
        assert [value.value for value in by_name] == [value.value for value in by_number]
        assert [value.data_type for value in by_name] == ["Double"] * 4 + ["Boolean", "Double"]
        assert by_name[0].value == pytest.approx(10.0, abs=1.0)
        assert 50 < by_name[3].value < 100
        found = {tag.name: tag for tag in await session.browse("/Objects/2:Plant")}
        assert found.keys() >= {tag.name for tag in OPCUA_TAGS}
        pressure = found[PRESSURE]
        assert (pressure.unit, pressure.low, pressure.high, pressure.writable) == ("bar", 0, 20, False)
        assert pressure.has_history
        assert found[SETPOINT].writable


@pytest.mark.parametrize(("policy", "mode"), POLICIES)
async def test_every_security_policy_is_spoken(plant, pki, policy, mode):
    session = session_with(
        plant, pki, security_policy=policy, security_mode=mode, username="operator", password="correct"  # noqa: S106 - guards nothing
    )  # fmt: skip
    async with session:
        (value,) = await session.read([node(PRESSURE)])
        assert value.good


async def test_who_is_no_user_stays_outside(plant, pki):
    for user, password in (("operator", "wrong"), ("nobody", "correct")):
        with pytest.raises(LoginRefusedError, match="wrong username or password"):
            await session_with(plant, pki, username=user, password=password).open()


async def test_what_is_written_stays_where_it_may_be_written(plant, pki):
    async with session_with(plant, pki) as session:
        await session.write(node(SETPOINT), 12.0)
        plant.refresh()
        await eventually(lambda: shows(session, "", 12.0, text="ns=2;i=1006"))
        assert await shows(session, SETPOINT, 12.0)
        with pytest.raises(NotWritableError):
            await session.write(node(PRESSURE), 12.0)


async def test_every_refresh_is_kept_in_the_history(plant, pki, instruments):
    begin_ns = time.time_ns()
    async with session_with(plant, pki) as session:
        shown = []
        for _ in range(3):
            advance(instruments, 1.0)
            plant.refresh()
            shown.append(instruments.read("main_steam_header")["pressure"])
            await eventually(lambda: shows(session, PRESSURE, shown[-1]))

        async def recorded():
            values = await session.history(node(PRESSURE), begin_ns - 10**9, time.time_ns() + 10**9)
            return [value.value for value in values][-3:] == shown

        await eventually(recorded)


async def test_a_bad_status_and_another_type_are_one_tags_and_end_with_the_fault(plant, pki):
    async with session_with(plant, pki) as session:
        await plant.fault("bad_status", PRESSURE)
        await plant.fault("type_change", FLOW)
        await eventually(lambda: has_type(session, FLOW, "String"))
        pressure, temperature = await session.read([node(PRESSURE), node("STEAM.HEADER.TEMPERATURE")])
        assert pressure.status == Status.BAD_SENSOR_FAILURE
        assert temperature.good
        plant.heal(PRESSURE)
        plant.heal(FLOW)
        await eventually(lambda: has_type(session, FLOW, "Double"))
        (pressure,) = await session.read([node(PRESSURE)])
        assert pressure.good


async def test_a_fault_of_the_set_point_does_not_lose_what_was_written(plant, pki):
    async with session_with(plant, pki) as session:
        await session.write(node(SETPOINT), 8.0)
        for fault in ("bad_status", "type_change"):
            await plant.fault(fault, SETPOINT)
            await eventually(lambda: differs(session, SETPOINT, 8.0))
            plant.heal(SETPOINT)
            await eventually(lambda: shows(session, SETPOINT, 8.0))


async def test_a_node_that_is_gone_comes_back_with_a_restart_and_so_do_subscriptions(plant, pki, instruments):
    seen = {}
    async with session_with(plant, pki) as session:
        subscription = await session.subscribe(
            [node(PRESSURE), node(FLOW)],
            lambda batch: seen.update({value.node: value for value in batch.values}),
            SubscriptionSettings(publishing_interval_ms=50),
        )
        await plant.fault("node_gone", PRESSURE)
        (pressure, flow) = await session.read([node(PRESSURE), node(FLOW)])
        assert pressure.status == UNKNOWN
        assert flow.good
        await subscription.tend()
        await subscription.tend()
        assert seen[node(PRESSURE)].status == UNKNOWN
        await session.write(node(SETPOINT), 9.0)
        plant.refresh()
        await eventually(lambda: shows(session, "", 9.0, text="ns=2;i=1006"))
        await plant.fault("restart", seconds=0.0)
        await eventually(lambda: is_back(session, SETPOINT, 9.0))
        await eventually(lambda: seen[node(PRESSURE)].good)
        advance(instruments, 30.0)
        plant.refresh()
        value = instruments.read("main_steam_header")["flow_rate"]
        await eventually(lambda: seen[node(FLOW)].value == value)


async def test_a_tag_or_a_port_that_cannot_be_is_said(plant, instruments):
    with pytest.raises(UnknownPointError, match=r"STEAM\.SETPOINT, got 'NO'"):
        await plant.fault("bad_status", "NO")
    with pytest.raises(ServerAddressError, match=str(plant.port)):
        async with OpcUaPlantServer(instruments, port=plant.port):
            pass


async def test_what_is_browsed_and_exported_is_a_configuration_that_reads_every_tag(plant, pki):
    async with session_with(plant, pki) as session:
        exported = tags_as_toml(await session.browse())
    document = tomllib.loads(
        f'[[scada]]\nhost = "127.0.0.1"\nport = {plant.port}\npath = "plant"\n{exported}'
    )
    scada = SCADAConnector(read_table(SCADAConnectionConfig, document["scada"][0], "scada"))
    try:
        assert await scada.connect() is True
        shown = scada.get_current_values()
        assert shown.keys() >= {tag.name for tag in OPCUA_TAGS}
        assert all(each["value"] is not None for each in shown.values())
        assert {tag.name: shown[tag.name]["units"] for tag in OPCUA_TAGS} == {
            tag.name: tag.unit for tag in OPCUA_TAGS
        }
    finally:
        await scada.disconnect()


async def test_it_leaves_no_task_behind(pki, instruments):
    before = asyncio.all_tasks()
    async with OpcUaPlantServer(instruments, pki_folder=str(pki / "server")) as server:
        async with session_with(server, pki) as session:
            await session.read([node(PRESSURE)])
        server.refresh()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() <= before


def advance(instruments, seconds):
    instruments.advance(instruments.plant.time_seconds + seconds)


async def read_one(session, text):
    (value,) = await session.read([text])
    return value


async def shows(session, tag, wanted, text=""):
    return (await read_one(session, text or node(tag))).value == wanted


async def is_back(session, tag, wanted):
    """Whether it shows a value, once there is a server again: the last good news may be the old one's."""
    try:
        return await shows(session, tag, wanted)
    except NotConnectedError:
        return False


async def differs(session, tag, value):
    return not await shows(session, tag, value)


async def has_type(session, tag, data_type):
    return (await read_one(session, node(tag))).data_type == data_type
