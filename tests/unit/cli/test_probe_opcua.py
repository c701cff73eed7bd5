"""An OPC UA server on the bench: endpoints, certificates, variables; and what else may be there."""

import json
import tomllib
import uuid

import pytest
from asyncua import ua

from fakes.modbus import TcpPeer, silent
from fakes.opcua import OpcUaPeer
from fakes.opcua_plant import Plant
from fakes.terminal import Terminal
from integrations.cli.commissioning.node_view import utc_text
from integrations.devices.scada import SCADAConnector
from integrations.messages import Status
from integrations.protocols.opcua import OpcUaEndpoint
from integrations.protocols.opcua.client import offers
from integrations.protocols.opcua.values import from_ns
from integrations.runtime.plant.settings import read_plant
from integrations.simulation import Instruments, SteamPlant
from integrations.simulation.opcua.server import OpcUaPlantServer

DOUBLE = ua.VariantType.Double


@pytest.fixture(scope="module")
def server():
    with OpcUaPeer() as peer:
        yield peer


def at(server, options="timeout=5"):
    return f"opc.tcp://127.0.0.1:{server.port}?{options}"


async def test_endpoints_and_variables_are_shown_and_the_toml_passes_check(gl003, tmp_path, server):
    shown = await gl003("probe", at(server), "--toml", "p.toml", "--name", "boiler house")
    assert shown.exit_code == 0, shown.output
    assert "STEAM.HEADER.PRESSURE" in shown.output
    assert "anonymous" in shown.output
    assert 'scada_id = "boiler_house"' in (tmp_path / "p.toml").read_text()
    checked = json.loads((await gl003("check", "p.toml", "--json")).stdout)
    assert "boiler_house-STEAM_HEADER_PRESSURE" in checked["sensors"]


async def test_scripts_read_values_and_the_tree_may_be_cut(gl003, server):
    cut = await gl003("probe", at(server), "--json", "--most", "2")
    assert "these are the first 2 variables" in cut.stderr
    told = json.loads(cut.stdout)
    assert [one["policy"] for one in told["endpoints"]] == ["None"]
    assert len(told["variables"]) == 2
    assert told["variables"][0]["value"] == 10.0


async def test_what_cannot_be_is_named_with_what_there_is(gl003, server):
    policy = await gl003("probe", at(server, "policy=Basic256Sha256"))
    assert policy.exit_code == 3
    assert "it offers None/None" in policy.output
    root = await gl003("probe", at(server), "--root", "ns=2;s=NOT.THERE")
    assert root.exit_code == 3
    user = await gl003("probe", at(server, "username=gl003"), "--password-file", "nothing")
    assert user.exit_code == 2
    assert "password_file must be a readable file" in user.output


async def test_nobody_and_another_protocol(gl003):
    assert (await gl003("probe", "opc.tcp://127.0.0.1:1")).exit_code == 1
    async with TcpPeer(silent) as modbus:
        shown = await gl003("probe", at(modbus, "timeout=0.3"))
    assert shown.exit_code == 1
    assert "no OPC UA server" in shown.output


async def test_a_secured_server_shows_its_certificate_and_how_it_comes_to_be_trusted(gl003, tmp_path):
    async with OpcUaPlantServer(Instruments(SteamPlant(0)), "127.0.0.1", 0) as server:
        plain = await gl003("probe", at(server))
        refused = await gl003("probe", at(server, "policy=Basic256Sha256"))
        (print_,) = {
            one.certificate.thumbprint
            for one in await offers(OpcUaEndpoint(host="127.0.0.1", port=server.port))
        }
        accepted = await gl003("trust", "accept", print_[:8])
        trusted = await gl003("probe", at(server, "policy=Basic256Sha256"), "--toml", "p.toml")
    assert f"gl003 trust accept {print_[:8]} --pki pki" in plain.output
    assert refused.exit_code == 3
    assert "is not trusted" in refused.output
    assert (accepted.exit_code, trusted.exit_code) == (0, 0), trusted.output
    assert 'security_policy = "Basic256Sha256"' in (tmp_path / "p.toml").read_text()
    assert (await gl003("check", "p.toml")).exit_code == 0


async def test_a_live_view_follows_values_losses_and_returns_until_ctrl_c(tmp_path):
    with OpcUaPeer() as server:
        async with Terminal("probe", at(server, "timeout=20"), folder=tmp_path) as terminal:
            await terminal.sees("STEAM.HEADER.PRESSURE", "good")
            at_ns = server.write("STEAM.HEADER.PRESSURE", 11.25, Status.UNCERTAIN_LAST_USABLE, kind=DOUBLE)
            await terminal.sees("11.25", "UncertainLastUsableValue", utc_text(from_ns(at_ns)))
            server.hang_up()
            await terminal.sees("last values: ")
            server.listen()
            server.write("STEAM.HEADER.PRESSURE", 12.5, kind=DOUBLE)
            await terminal.sees("12.5")
            terminal.types("\x03")
            assert (await terminal.code(), terminal.is_sane()) == (130, True)


async def test_without_a_terminal_a_live_view_is_what_was_there_last(gl003, server):
    shown = await gl003("probe", at(server), "--for", "1s")
    assert shown.exit_code == 0, shown.output
    assert shown.output.count("ns=2;s=STEAM.SETPOINT") == 1
    assert "source time" in shown.output


async def awkward(server, index):
    """Names that steer a terminal or look like markup, all kinds of node ids, twins, a ring."""
    plant = await server.nodes.objects.add_object(ua.NodeId("Awkward", index), f"{index}:Awkward")
    kinds = 4711, 'a;b="c"', uuid.UUID(int=77), b"\x00\xff"
    for number, identifier in enumerate(kinds):
        await plant.add_variable(ua.NodeId(identifier, index), f"{index}:[red]\x1b[2J{number}", float(number))
    for number in range(2):
        await plant.add_variable(ua.NodeId(f"twin {number}", index), f"{index}:Twin", 10.0 + number)
    await plant.add_variable(ua.NodeId("list", index), f"{index}:List", [1.0, 2.0])
    ring = ua.ReferenceDescription(ua.NodeId(ua.ObjectIds.Organizes), True, plant.nodeid)
    ring.NodeClass, ring.BrowseName = ua.NodeClass.Object, ua.QualifiedName("Ring", index)
    server.iserver.aspace[plant.nodeid].references.append(ring)  # asyncua makes none itself


async def test_a_tree_of_awkward_names_is_shown_plainly_and_read_the_same_by_a_service(gl003, tmp_path):
    server = Plant(awkward)
    await server.start()
    try:
        address = f"opc.tcp://127.0.0.1:{server.port}/plant"
        shown = await gl003("probe", address, "--toml", "p.toml", "--name", "plc")
        assert (await gl003("check", "p.toml")).exit_code == 0
        (config,) = read_plant(tomllib.loads((tmp_path / "p.toml").read_text()), {}).devices["scada"]
        connector = SCADAConnector(config)
        await connector.connect()
        read = {tag: value["value"] for tag, value in connector.get_current_values().items()}
        await connector.disconnect()
    finally:
        await server.stop()
    assert shown.exit_code == 0, shown.output
    assert "\x1b" not in shown.output
    assert "[red]?[2J0" in shown.output
    assert [read[f"[red]\x1b[2J{number}"] for number in range(4)] == [0.0, 1.0, 2.0, 3.0]
    assert (read["Awkward.Twin"], read["Awkward.Twin.2"]) == (10.0, 11.0)
    assert "its type is Double[]" in (tmp_path / "p.toml").read_text()


async def test_users_and_passwords_are_asked_for_refused_and_never_shown(gl003, tmp_path, server):
    (tmp_path / "wrong").write_text("guessed\n")
    (tmp_path / "right").write_text("secret\n")
    refused = await gl003("probe", at(server, "username=ann"), "--password-file", "wrong", "--json")
    taken = await gl003("probe", at(server, "username=ann"), "--password-file", "right", "--toml", "p.toml")
    assert (refused.exit_code, taken.exit_code) == (3, 0), refused.output + taken.output
    assert "cannot log in as user 'ann'" in json.loads(refused.stdout)["error"]
    assert "secret" not in taken.output + (tmp_path / "p.toml").read_text()
    assert f'password_file = "{tmp_path}/right"' in (tmp_path / "p.toml").read_text()
