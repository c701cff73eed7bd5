"""The efficiency of the steam system: from what is measured, and what is said where that is not all."""

import re
import tomllib
from importlib.resources import files

import pytest
from CoolProp.CoolProp import PropsSI
from msgspec import structs

from integrations.configuration import ConfigurationError, read_struct
from integrations.coordination.analyzer import (
    Inputs,
    SteamSystemConfig,
    SteamUser,
    condensate_return,
    efficiency_report,
    quality_report,
)
from integrations.messages import CleanBatch, Flag, Origin, Status

NOW = 1_800_000_000_000_000_000
SECOND = 1_000_000_000
CONFIG = SteamSystemConfig(
    steam_flow="main",
    header_pressure="p",
    header_temperature="t",
    users=(
        SteamUser(name="a", flow="a", pressure="pa"),
        SteamUser(name="b", flow="b", pressure="pb", temperature="tb"),
    ),
    condensate_flow="c",
    condensate_temperature="tc",
    make_up_temperature="tm",
)
PLANT = {
    "main": (20.0, "t/hr"),
    "p": (10.0, "barg"),
    "t": (184.1, "°C"),
    "a": (11_000.0, "kg/h"),
    "pa": (9.7, "bar"),
    "b": (8.0, "t/hr"),
    "pb": (1_081.3, "kPa"),
    "tb": (250.0, "°C"),
    "c": (16.0, "t/hr"),
    "tc": (92.0, "°C"),
    "tm": (289.15, "K"),
}


def batch(sensor_id, value, unit, *, age=1, flags=0, status=0, quality=100.0, origin=Origin.MEASURED, **more):
    return CleanBatch(
        **{
            "site": "test",
            "device_class": "steam_meter",
            "source": sensor_id,
            "sensor_id": sensor_id,
            "quantity": "flow_rate",
            "unit": unit,
            "raw_unit": unit,
            "origin": origin,
            "raw_sequence": 1,
            "time": [NOW - age * SECOND],
            "value": [value],
            "raw_value": [value],
            "status": [int(status)],
            "quality": [quality],
            "qartod": [1],
            "flags": [int(flags)],
            **more,
        }
    )


def plant(**changed):
    found = {name: batch(name, value, unit) for name, (value, unit) in PLANT.items()}
    return {name: one for name, one in (found | changed).items() if one is not None}


def report(batches=None, config=CONFIG):
    return efficiency_report("test", Inputs(config, batches or plant(), NOW), NOW)


def enthalpy(one, value, other, given):
    """Specific enthalpy in kJ/kg by CoolProp."""
    return PropsSI("H", one, value, other, given, "IF97::Water") / 1000


def test_it_is_the_heat_that_arrives_over_the_heat_that_left_above_make_up_water():
    found = report()
    water = enthalpy("T", 289.15, "Q", 0)
    header = enthalpy("P", 11.01325e5, "Q", 1) - water
    a = enthalpy("P", 10.71325e5, "Q", 1) - water
    b = enthalpy("P", (10.813 + 1.01325) * 1e5, "T", 523.15) - water
    condensate = enthalpy("T", 365.15, "Q", 0) - water
    assert found.efficiency == pytest.approx(100 * (11 * a + 8 * b) / (20 * header), rel=1e-4)
    assert found.heat_to_header_kw == pytest.approx(20 * header / 3.6, rel=1e-4)
    assert found.condensate_heat_return == pytest.approx(100 * 16 * condensate / (20 * header), rel=1e-4)
    assert (found.steam_flow, found.condensate_return) == (20.0, 80.0)
    assert (found.missing, found.simulated, found.assumed, found.origin) == ([], [], [], Origin.MEASURED)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"main": None}, "steam_flow: nothing was heard of main"),
        (
            {"p": batch("p", None, "bar", flags=Flag.MISSING)},
            "header_pressure: p: its last reading has no value",
        ),
        ({"a": batch("a", 11.0, "t/hr", age=61)}, "a.flow: a: its last reading is 61 s old"),
        (
            {"b": batch("b", 8.0, "t/hr", status=Status.BAD_SENSOR_FAILURE)},
            "b.flow: b: .* StatusCode 0x808c0000",
        ),
        (
            {"pa": batch("pa", 9.7, "bar", quality=20.0, flags=Flag.OUT_OF_RANGE)},
            "quality of 20: OUT_OF_RANGE",
        ),
        ({"pb": batch("pb", 9.7, "°C")}, "b.pressure: pb: "),
        ({"main": batch("main", 0.0, "t/hr")}, "no steam flows, steam_flow is 0 t/hr"),
        ({"p": batch("p", 5000.0, "bar")}, "header_pressure: "),
    ],
)
def test_without_one_of_its_inputs_there_is_no_efficiency_but_the_reason(changed, words):
    found = report(plant(**changed))
    assert found.efficiency is None
    assert re.search(words, "\n".join(found.missing)), found.missing


def test_what_does_not_need_what_is_missing_is_told_all_the_same():
    found = report(plant(p=None))
    assert (found.efficiency, found.condensate_return, found.steam_flow) == (None, 80.0, 20.0)


def test_simulated_readings_are_named_though_they_score_below_50():
    simulated = batch("main", 20.0, "t/hr", quality=49.0, flags=Flag.SIMULATED, origin=Origin.SIMULATED)
    found = report(plant(main=simulated))
    assert found.efficiency is not None
    assert (found.origin, found.simulated) == (Origin.SIMULATED, ["main"])


def test_what_is_assumed_is_said():
    found = report(plant(tm=None))
    assert found.assumed == ["make_up_temperature: 15 °C"]
    assert found.efficiency is not None


def test_meters_that_contradict_each_other_are_remarked():
    found = report(plant(a=batch("a", 14.0, "t/hr")))
    assert found.efficiency > 100
    assert "meters contradict each other" in found.remarks[0]


def test_nothing_configured_is_said_once_for_each():
    found = report(config=SteamSystemConfig())
    assert "steam_flow: no sensor is configured for it" in found.missing
    assert "users: none are configured" in found.missing
    assert found.efficiency is None


def test_users_without_a_pressure_get_the_headers_and_it_is_said():
    config = SteamSystemConfig(steam_flow="main", header_pressure="p", users=(SteamUser(name="a", flow="a"),))
    found = report(config=config)
    assert found.efficiency == pytest.approx(55.0)
    assert found.remarks == ["a: its pressure is taken to be the header's"]


def test_condensate_return_compares_with_the_header_and_shows_the_meter():
    batches = plant(c=batch("c", 16.0, "t/hr", device_class="condensate_meter", source="tank"))
    found = condensate_return("test", Inputs(CONFIG, batches, NOW), batches.values(), NOW)
    assert found.return_percent == 80.0
    (meter,) = found.meters
    assert (meter.meter_id, meter.readings["flow_rate"].value) == ("tank", 16.0)
    batches["main"] = batch("main", 0.0, "t/hr")
    found = condensate_return("test", Inputs(CONFIG, batches, NOW), batches.values(), NOW)
    assert (found.return_percent, len(found.missing)) == (None, 1)


def test_the_quality_report_counts_and_shows_the_worst_first():
    batches = [
        batch("good", 1.0, "bar"),
        batch("old", 1.0, "bar", quality=60.0, flags=Flag.STALE),
        batch("none", None, "bar", quality=0.0, flags=Flag.MISSING, device_class="scada"),
        batch("sim", 1.0, "bar", quality=49.0, flags=Flag.SIMULATED, origin=Origin.SIMULATED),
    ]
    found = quality_report("test", batches, NOW)
    assert (found.sensors, found.valid, found.stale, found.simulated) == (4, 2, 1, 1)
    assert found.average_quality == pytest.approx(52.25)
    assert found.flags == {"STALE": 1, "MISSING": 1, "SIMULATED": 1}
    assert [one.sensor_id for one in found.worst] == ["none", "sim", "old", "good"]
    assert {one.device_class: one.sensors for one in found.classes} == {"scada": 1, "steam_meter": 3}
    assert quality_report("test", [], NOW).average_quality is None


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"report_to": "GL-003"}, "report_to must not be the agent itself"),
        ({"report_every_seconds": 0.5}, "must be 0 or at least 1"),
        ({"users": [{"name": "a", "flow": "x"}] * 2}, "name must be used once only"),
        ({"steam_flow": "a b"}, "steam_flow must"),
    ],
)
def test_a_wrong_configuration_is_named(wrong, words):
    with pytest.raises(ConfigurationError, match=words):
        SteamSystemConfig(**wrong)


def test_the_sample_has_every_key_and_the_defaults():
    text = files("integrations.coordination.analyzer").joinpath("sample.toml").read_text("utf-8")
    table = tomllib.loads(text)["steam_system"]
    assert set(table) == set(SteamSystemConfig.__struct_fields__)
    assert set(table["users"][0]) == set(SteamUser.__struct_fields__)
    for field in structs.fields(SteamSystemConfig):
        if isinstance(field.default, str | float):
            assert table[field.name] == field.default, field.name
    assert read_struct(SteamSystemConfig, table).users[0].name == "process_a"
