"""Devices looked for in a range of addresses that somebody named."""

import json
import time

import pytest

from fakes.modbus import TcpPeer, silent
from fakes.terminal import Terminal
from integrations.configuration import ConfigurationError
from integrations.runtime.commissioning.network import addresses_of, search
from integrations.simulation import HartInstrument, HartPlantServer

METER = HartInstrument(0, "FT-0", {"flow_rate": 75}, lambda: {"flow_rate": 7200.0}, upper_range=9000.0)


async def test_each_protocol_is_found_and_named(gl003):
    async with TcpPeer() as modbus, HartPlantServer([METER]) as hart, TcpPeer(silent) as other:
        ports = [option for server in (modbus, hart, other) for option in ("--port", server.port)]
        told = await gl003("scan", "127.0.0.1/32", *ports, "--timeout", "0.1", "--json")
        shown = await gl003("scan", "127.0.0.1", "--port", modbus.port)
    found = {one["port"]: one for one in json.loads(told.stdout)["found"]}
    assert told.exit_code == 0
    assert found[modbus.port]["probe"] == f"gl003 probe modbus://127.0.0.1:{modbus.port}"
    assert (found[hart.port]["protocol"], found[other.port]["protocol"]) == ("hart-ip", "")
    assert "unit 1 gives registers" in shown.output


async def test_nobody_is_told_and_huge_ranges_are_refused(gl003):
    nobody = await gl003("scan", "127.0.0.0/28", "--port", "1", "--rate", "1000")
    assert nobody.exit_code == 1
    assert "nobody listens in 127.0.0.0/28 at 1" in nobody.output
    for text, said in (
        ("10.0.0.0/8", "must be at most 1024 addresses, are 16777216"),
        ("fd00::/64", "must be at most 1024"),
        ("10.0.0.9-10.0.0.1", "must be a network"),
        ("everywhere", "must be a network"),
    ):
        refused = await gl003("scan", text)
        assert (refused.exit_code, said in refused.output) == (2, True), refused.output


async def test_no_more_places_are_begun_in_a_second_than_was_said():
    began = time.monotonic()
    places = [("127.0.0.1", 1)] * 5
    found = [one async for one in search(places, rate=20, patience_seconds=0.1, told=lambda: None)]
    assert found == []
    assert time.monotonic() - began >= 4 / 20


async def test_ctrl_c_ends_a_scan(tmp_path):
    async with Terminal("scan", "127.0.0.0/24", "--rate", "1", folder=tmp_path) as terminal:
        await terminal.sees("places")
        terminal.types("\x03")
        assert (await terminal.code(), terminal.is_sane()) == (130, True)


def test_ranges_are_the_addresses_of_hosts():
    assert len(addresses_of("127.0.0.0/28")) == 14
    assert addresses_of("10.0.0.254-10.0.1.1") == ["10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1"]
    assert addresses_of("::1") == ["::1"]
    with pytest.raises(ConfigurationError):
        addresses_of("10.0.0.1-::1")
