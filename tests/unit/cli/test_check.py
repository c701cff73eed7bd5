"""A plant's file checked on the command line: what it says, and how it ends."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from integrations.cli.app import app

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "deploy" / "demo" / "plant.toml"
METER = '[[steam_meter]]\nmeter_id = "header"\nhost = "10.0.0.1"\nport = {port}\n'


@pytest.fixture
def run(monkeypatch, tmp_path):
    for name in ("NATS_URL", "SITE", "GL003_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)  # where no .env is

    def run_it(text, *options):
        file = text if isinstance(text, Path) else tmp_path / "plant.toml"
        if file is not text:
            file.write_text(text)
        return CliRunner().invoke(app, ["check", str(file), *options])

    return run_it


def test_a_good_file_says_what_each_service_has_to_do(run):
    shown = run(DEMO)
    assert shown.exit_code == 0
    assert "site demo" in shown.output
    assert "steam_meter" in shown.output
    assert "warning" not in shown.output
    assert json.loads(run(DEMO, "--json").stdout)["services"]["balances"] == "1 balances"


def test_every_fault_is_a_line_and_the_exit_code_is_two(run):
    shown = run(METER.format(port=99999) + "[transformation]\nclock_tolerance_seconds = -1\n")
    assert shown.exit_code == 2
    assert "check: steam_meter[0].port must be 1..65535, got 99999" in shown.output
    assert "transformation.clock_tolerance_seconds" in shown.output
    faults = json.loads(run(METER.format(port=99999), "--json").stdout)["faults"]
    assert [(each["where"], each["key"]) for each in faults] == [("steam_meter[0]", "port")]


def test_registers_of_two_sensors_that_overlap_are_found(run):
    sensor = '[[pressure_sensor]]\nsensor_id = "{id}"\nhost = "10.0.0.1"\nport = 502\n'
    shown = run(
        sensor.format(id="a")
        + 'register_type = "float32"\n'
        + sensor.format(id="b")
        + "register_address = 1\n"
    )
    assert shown.exit_code == 2
    assert "check: pressure_sensor.b.address must not overlap a (holding 0..1)" in shown.output


def test_names_that_lead_nowhere_are_warned_of(run):
    limits = '[transformation.sensors.header-flow_rat]\nmax_valid = 9\n[[condensate_meter]]\nmeter_id = "c"\n'
    shown = run(
        METER.format(port=502) + limits + 'host = "10.0.0.2"\nport = 502\nsteam_flow_sensor = "nowhere"\n'
    )
    assert shown.exit_code == 0
    assert "header-flow_rat is no sensor of a device here (did you mean header-flow_rate?)" in shown.output
    assert "steam_flow_sensor nowhere is no sensor here" in shown.output


def test_what_may_be_simulated_is_warned_of(run):
    shown = run(METER.format(port=502) + 'simulation = "fallback"\n')
    assert "steam_meter header may be simulated: simulation = fallback" in shown.output


def test_a_file_without_devices_is_told_to_be_empty(run):
    shown = run('site = "x"\n')
    assert shown.exit_code == 0
    assert "no device is described" in shown.output
