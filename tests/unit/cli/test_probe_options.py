"""Options of `gl003 probe` that do nothing with an address, or beside another, are refused and say why."""

import pytest

MODBUS, HART, OPC_UA = "modbus://127.0.0.1:1", "hart-ip://127.0.0.1:1", "opc.tcp://127.0.0.1:1"
FLOW = "flow_rate=0:float32::kg/h"


@pytest.mark.parametrize(
    ("address", "options", "said"),
    [
        (OPC_UA, ("--registers", "0-9"), "--registers must be left out: it is for Modbus, not for OPC UA"),
        (OPC_UA, ("--all",), "--all must be left out: it is for Modbus, not for OPC UA"),
        (
            HART,
            ("--take", FLOW, "--toml", "p.toml"),
            "--take must be left out: it is for Modbus, not for HART",
        ),
        (HART, ("--root", "i=85"), "--root must be left out: it is for OPC UA, not for HART-IP"),
        (MODBUS, ("--most", "5"), "--most must be left out: it is for OPC UA, not for Modbus"),
        (MODBUS, ("--pki", "pki"), "--pki must be left out: it is for OPC UA, not for Modbus"),
        (MODBUS, ("--password-file", "x"), "--password-file must be left out: it is for OPC UA"),
        (OPC_UA, ("--live", "--json"), "--live must be left out with --json, which reads once"),
        (MODBUS, ("--live", "--toml", "p.toml"), "--live must be left out with --toml, which reads once"),
        (HART, ("--for", "5s", "--once"), "--for must be left out with --once: it ends a live view"),
        (HART, ("--for", "5s", "--json"), "--for must be left out with --json: it ends a live view"),
        (MODBUS, ("--json", "--toml", "-"), "--toml must be a file where --json has the output"),
        (MODBUS, ("--take", FLOW), "--take must be left out without --toml: it is for the file"),
        (OPC_UA, ("--name", "boiler"), "--name must be left out without --toml: it is for the file"),
        (OPC_UA, ("--for", "soon"), "for must be a time"),
        (HART, ("--for", ""), "for must be a time"),
    ],
)
async def test_an_option_that_does_not_apply_says_so(gl003, tmp_path, address, options, said):
    refused = await gl003("probe", address, *options)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert f"probe: {said}" in refused.stderr
    assert list(tmp_path.iterdir()) == []


async def test_every_option_that_does_not_apply_is_told_at_once(gl003):
    refused = await gl003("probe", HART, "--all", "--most", "3", "--live", "--json")
    assert [line.split()[1] for line in refused.stderr.splitlines()] == ["--all", "--most", "--live"]
