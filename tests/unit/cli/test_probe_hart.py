"""A HART device on the bench, over UDP and TCP; silence, and what else may be there."""

import json
import tomllib

import pytest

from fakes.modbus import TcpPeer, silent
from integrations import SteamMeterConnector
from integrations.runtime.plant.settings import read_plant
from integrations.simulation import HartInstrument, HartPlantServer

METER = {"flow_rate": 75, "totalizer": 62, "temperature": 32, "pressure": 7}
LEVEL = {"level": 57}


def instrument(number, codes=METER, long_tag="", **more):
    shown = {"flow_rate": 7200.0, "totalizer": 1234.5, "temperature": 184.0, "pressure": 10.0, "level": 61.5}
    return HartInstrument(
        number,
        f"FT-{number}",
        codes,
        lambda: shown,
        long_tag=long_tag or f"meter {number}",
        upper_range=9000.0,
        **more,
    )


def at(server, options="timeout=1"):
    return f"hart-ip://127.0.0.1:{server.port}?{options}"


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_identity_and_variables_are_shown_and_the_toml_passes_check(gl003, tmp_path, transport):
    async with HartPlantServer([instrument(0)]) as server:
        address = at(server, f"timeout=2&transport={transport}")
        shown = await gl003("probe", address)
        described = await gl003("probe", address, "--toml", "p.toml")
    assert (shown.exit_code, described.exit_code) == (0, 0), shown.output + described.output
    assert "HART 7 device" in shown.output
    assert "long tag: meter 0" in shown.output
    assert "7200  kg/h" in " ".join(shown.output.split("\n"))
    text = (tmp_path / "p.toml").read_text()
    assert f'hart_transport = "{transport}"' in text
    assert 'PV = "flow_rate", SV = "totalizer", TV = "temperature", QV = "pressure"' in text
    assert (await gl003("check", "p.toml")).exit_code == 0


async def test_devices_at_several_polling_addresses_are_told_for_scripts(gl003):
    async with HartPlantServer([instrument(0), instrument(2)]) as server:
        told = await gl003("probe", at(server, "address=0-3&timeout=1"), "--json")
    devices = json.loads(told.stdout)["devices"]
    assert [one["texts"]["long tag"] for one in devices] == ["meter 0", "meter 2"]
    assert devices[0]["variables"][0] == {"name": "pv", "value": 7200.0, "status": 0, "unit": "kg/h"}


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_several_devices_of_one_server_make_one_file_that_is_read_the_same(gl003, tmp_path, transport):
    devices = instrument(0, long_tag="meter A"), instrument(5, long_tag="meter_A"), instrument(7, LEVEL)
    async with HartPlantServer(devices) as server:
        address = at(server, f"timeout=1&transport={transport}&address=0-9")
        done = await gl003("probe", address, "--toml", "p.toml")
        meters = read_plant(tomllib.loads((tmp_path / "p.toml").read_text()), {}).devices["steam_meter"]
        readings = [await read_once(config) for config in meters]
    assert done.exit_code == 0, done.output
    assert "polling address 7: no variable is a flow" in done.stderr
    assert [config.meter_id for config in meters] == ["meter_A_0", "meter_A_5"]
    assert [(round(one.flow_rate, 3), one.unit, one.totalizer) for one in readings] == [
        (7.2, "t/hr", 1234.5)
    ] * 2


async def read_once(config):
    connector = SteamMeterConnector(config)
    try:
        await connector.connect()
        return await connector.read_flow()
    finally:
        await connector.disconnect()


async def test_a_device_without_a_flow_is_shown_and_makes_no_meter(gl003, tmp_path):
    async with HartPlantServer([instrument(0, LEVEL)]) as server:
        shown = await gl003("probe", at(server), "--toml", "p.toml")
    assert shown.exit_code == 3
    assert "no variable is a flow" in shown.output
    assert not (tmp_path / "p.toml").exists()


async def test_a_live_view_ends_when_told_to(gl003):
    async with HartPlantServer([instrument(0)]) as server:
        shown = await gl003("probe", at(server), "--live", "--for", "1s")
    assert shown.exit_code == 0
    assert "7200" in shown.output


async def test_nobody_and_another_protocol(gl003):
    nobody = await gl003("probe", "hart-ip://127.0.0.1:1?timeout=0.3")
    assert nobody.exit_code == 1
    assert "nobody speaks HART-IP" in nobody.output
    async with TcpPeer(silent) as modbus:
        other = await gl003("probe", at(modbus, "timeout=0.3"))
    assert other.exit_code == 1
    assert "udp: " in other.output
    assert "tcp: " in other.output
