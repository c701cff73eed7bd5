"""[[balances]]: what is wrong in it is said, all of it at once."""

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
from msgspec import structs

from fakes.header import header_table
from integrations.configuration import ConfigurationError, read_table
from integrations.runtime.balances.config import BalanceConfig, Role, SaturatedSteam


def read(table):
    return read_table(BalanceConfig, table, "balances[0]")


def faults(table):
    with pytest.raises(ConfigurationError) as caught:
        read(table)
    return [str(fault) for fault in caught.value.faults]


def test_the_headers_balance_is_read_and_its_variables_are_what_they_are_used_as():
    config = read(header_table())
    assert config.role("main_flow") is Role.FLOW
    assert config.role("header_pressure") is Role.PRESSURE
    assert config.role("process_a_drop") is Role.DROP
    assert config.role("process_b_temperature") is Role.TEMPERATURE
    assert config.role("heat_loss") is Role.FLOW


def test_names_that_lead_nowhere_are_found_both_ways():
    table = header_table()
    table["variables"]["boiler_flow"] = table["variables"].pop("main_flow")
    found = faults(table)
    assert any("boiler_flow must be used by mass" in fault for fault in found)
    assert any("main_flow must be described, since it is used; known: " in fault for fault in found)


def test_a_variable_is_one_thing():
    table = header_table()
    table["mass"][0]["outflows"] = ["process_a_flow", "process_b_flow", "heat_loss", "header_pressure"]
    (fault,) = faults(table)
    assert fault.startswith(
        "balances[0].variables.header_pressure must be used as one thing, not as flow_rate and pressure"
    )


def test_a_sensor_cannot_check_itself():
    table = header_table()
    table["variables"]["process_b_flow"] = {**table["variables"]["process_a_flow"]}
    (fault,) = faults(table)
    assert "sensor must be used once only" in fault


def test_what_is_measured_or_assumed_needs_an_uncertainty():
    table = header_table()
    table["variables"]["main_flow"] = {"sensor": "main-flow_rate"}
    table["variables"]["heat_loss"] = {"assumed": 0.2, "sensor": "loss", "uncertainty": 0.1}
    assert [fault.partition(" must")[0] for fault in faults(table)] == [
        "balances[0].variables.main_flow.uncertainty",
        "balances[0].variables.heat_loss.assumed",
    ]


def test_steam_needs_a_pressure_and_water_a_temperature():
    table = header_table(
        energy=[{"node": "n", "inflows": [{"flow": "main_flow"}, {"flow": "heat_loss", "phase": "water"}]}]
    )
    assert [fault.partition(" must")[0] for fault in faults(table)] == [
        "balances[0].energy[0].inflows[0].pressure",
        "balances[0].energy[0].inflows[1].temperature",
    ]


def test_a_balance_of_nothing_is_none():
    (fault,) = faults({"balance_id": "empty", "variables": {}})
    assert fault.startswith("balances[0].mass must have an entry")


def test_a_window_shorter_than_a_period_and_words_misspelt():
    found = faults(header_table(window_seconds=2.0, perid_seconds=3.0))
    assert any("window_seconds must be at least period_seconds = 5.0" in fault for fault in found)
    assert any("perid_seconds is not a known key (did you mean period_seconds?)" in fault for fault in found)


def test_the_sample_has_every_key_and_the_defaults():
    text = files("integrations.runtime.balances").joinpath("sample.toml").read_text("utf-8")
    (table,) = tomllib.loads(text)["balances"]
    assert set(table) == set(BalanceConfig.__struct_fields__)
    config = read(table)
    for field in structs.fields(BalanceConfig):
        if isinstance(field.default, float):
            assert getattr(config, field.name) == field.default, field.name
    assert {config.role(name) for name in config.variables} == set(Role)
    assert config.saturated[0].superheat_k == SaturatedSteam(pressure="p", temperature="t").superheat_k


def test_the_readmes_balance_can_be_read():
    readme = (Path(__file__).parents[4] / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(\[\[balances\]\].*?)```", readme, re.DOTALL)
    (table,) = tomllib.loads(block)["balances"]
    assert read(table).role("drop_a") is Role.DROP
