"""A steam meter whose values are nodes of an OPC UA server, a real one on loopback."""

import math

import pytest
from asyncua import ua

from fakes.opcua import OpcUaPeer
from fakes.site import eventually
from integrations import SteamMeterConfig, SteamMeterConnector
from integrations.configuration import ConfigurationError
from integrations.devices import ConnectionState
from integrations.messages import Status

VALUES = {"FLOW": 7200.0, "TOTAL": 1_500_000.0, "P": 10.5, "T": 184.0, "NUMBER": 3}
NODES = {
    "flow_rate": {"node": "ns=2;s=FLOW", "unit": "kg/h"},
    "totalizer": {"node": "ns=2;s=TOTAL", "unit": "kg"},
    "pressure": {"node": "/Objects/2:Plant/2:P", "unit": "bara"},
    "temperature": "ns=2;s=T",
}


@pytest.fixture(scope="module")
def server():
    with OpcUaPeer(VALUES) as peer:
        yield peer


@pytest.fixture
def peer(server):
    """The server as it is at its beginning."""
    for tag, value in VALUES.items():
        server.write(tag, value)
    return server


def config_of(port=4840, **fields):
    return SteamMeterConfig(**{
        "host": "127.0.0.1", "port": port, "protocol": "opc_ua", "meter_id": "m", "timeout_seconds": 3.0,
        "max_retries": 0, "simulation": "never", "opcua_nodes": NODES, "sampling_rate_hz": 20.0, **fields,
    })  # fmt: skip


@pytest.fixture
async def connected(peer):
    """Return a coroutine function that connects a meter; each is disconnected at the end."""
    meters = []

    async def connect(**fields):
        meters.append(SteamMeterConnector(config_of(peer.port, **fields)))
        await meters[-1].connect()
        return meters[-1]

    yield connect
    for meter in meters:
        await meter.disconnect()


def sample_of(meter):
    latest = meter.latest
    names = [channel.quantity for channel in meter.channels]
    return dict(zip(names, zip(latest.values.tolist(), latest.status.tolist(), strict=True), strict=True))


async def test_nodes_become_quantities_in_the_units_asked_for(connected):
    meter = await connected()
    reading = meter.current_reading
    assert meter.state is ConnectionState.CONNECTED
    assert reading.flow_rate == pytest.approx(7.2)
    assert reading.totalizer == pytest.approx(1500)
    assert (reading.pressure, reading.temperature) == (10.5, 184.0)
    assert (reading.unit, reading.protocol, reading.quality_score) == ("t/hr", "opc_ua", 100)
    assert {channel.quantity: channel.unit for channel in meter.channels}["pressure"] == "bara"
    assert "ns=2;s=FLOW" in meter.name


async def test_bad_uncertain_and_text_keep_to_their_own_node(peer, connected):
    meter = await connected()
    peer.write("P", 9.0, Status.BAD_SENSOR_FAILURE)
    peer.write("T", 183.0, Status.UNCERTAIN_SUBNORMAL | 0x0500)
    await meter.read_flow()
    sample = sample_of(meter)
    assert math.isnan(sample["pressure"][0])
    assert sample["pressure"][1] == Status.BAD_SENSOR_FAILURE
    assert sample["temperature"] == (183.0, Status.UNCERTAIN_SUBNORMAL)
    assert sample["flow_rate"] == (pytest.approx(7.2), Status.GOOD)
    peer.retype("P", "10 bar", ua.VariantType.String)
    await meter.read_flow()
    assert sample_of(meter)["pressure"][1] == Status.BAD_DECODING_ERROR
    peer.retype("P", 10.5, ua.VariantType.Double)


async def test_a_node_that_is_not_there_keeps_nobody_waiting(connected):
    meter = await connected(opcua_nodes={"flow_rate": NODES["flow_rate"], "pressure": "ns=2;s=NO"})
    assert meter.current_reading.flow_rate == pytest.approx(7.2)
    assert meter.current_reading.pressure is None
    assert sample_of(meter)["pressure"][1] == 0x80340000  # BadNodeIdUnknown


async def test_a_server_that_comes_back_is_read_again_within_seconds(peer, connected):
    meter = await connected(circuit_timeout_seconds=3600.0)
    peer.hang_up()
    await eventually(lambda: meter.state is ConnectionState.CIRCUIT_OPEN)
    assert meter.current_reading.stale
    peer.write("FLOW", 9000.0)
    peer.listen()
    await eventually(lambda: meter.current_reading.flow_rate == pytest.approx(9.0))
    assert meter.state is ConnectionState.CONNECTED


async def test_a_wrong_password_is_said_and_never_shown(connected):
    meter = await connected(opcua={"username": "operator", "password": "wrong-secret"})
    assert "wrong username or password" in meter.last_error
    assert "wrong-secret" not in meter.last_error + repr(meter.config)
    right = await connected(opcua={"username": "operator", "password": "secret"})
    assert right.state is ConnectionState.CONNECTED


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"opcua_nodes": {"pressure": "ns=2;s=P"}}, "opcua_nodes.flow_rate is missing"),
        ({"opcua_nodes": {"flow_rate": "ns=2;i=x"}}, "opcua_nodes.flow_rate cannot be used"),
        ({"opcua_nodes": {"flow_rate": {"unit": "kg/h"}}}, "opcua_nodes.flow_rate.node is missing"),
        ({"opcua_nodes": {"flow_rate": {"node": "i=1", "unit": "bar"}}}, "opcua_nodes.flow_rate cannot be"),
        ({"opcua": {"port": 4840}}, "opcua.port must be left out"),
        ({"opcua": {"security_policy": "Basic128"}}, "opcua.security_policy must be"),
        ({"opcua": {"user": "x"}}, "opcua.user"),
        ({"register_map": {"flow_rate": 0}}, "register_map must be left out with protocol opc_ua"),
        ({"host": "/dev/ttyUSB0"}, "host must be a name or an address"),
    ],
)
def test_a_fault_of_the_configuration_names_its_key(fields, words):
    with pytest.raises(ConfigurationError) as caught:
        config_of(**fields)
    assert words in str(caught.value)


def test_without_nodes_the_header_of_the_default_tags_is_the_meter():
    meter = SteamMeterConnector(config_of(opcua_nodes={}))
    assert [channel.quantity for channel in meter.channels][:3] == ["flow_rate", "pressure", "temperature"]
