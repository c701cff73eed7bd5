"""A condensate meter's configuration: the names and defaults that users know, and every fault by name."""

import tomllib
from importlib.resources import files

import pytest

from integrations.configuration import ConfigurationError, read_table
from integrations.devices import SimulationPolicy
from integrations.devices.condensate_meter import (
    DEVICE_CLASS,
    CondensateMeterConfig,
    CondensateReading,
    FlashCondensate,
    expectations,
)
from integrations.devices.condensate_meter.layout import layout_of
from integrations.devices.modbus_config import endpoint_of
from integrations.protocols.modbus import ByteOrder, Function, RegisterType, Transport


def meter(**fields):
    return CondensateMeterConfig(**{"host": "10.0.0.7", "port": 502, **fields})


def faults(**fields):
    with pytest.raises(ConfigurationError) as caught:
        meter(**fields)
    return [str(fault) for fault in caught.value.faults]


def test_defaults_are_those_that_users_know():
    known = {
        "meter_id": "condensate_meter_1", "min_flow": 0, "max_flow": 50, "sampling_rate_hz": 0.5,
        "enable_quality_analysis": True, "timeout_seconds": 30, "max_retries": 3, "register_map": {},
        "simulation": SimulationPolicy.FALLBACK,
    }  # fmt: skip
    config = meter()
    assert {name: getattr(config, name) for name in known} == known


def test_readings_have_the_fields_that_users_know():
    fields = (
        "timestamp", "flow_rate", "temperature", "return_percentage", "flash_steam_loss", "quality_ph",
        "conductivity", "quality_score",
    )  # fmt: skip
    assert CondensateReading.__struct_fields__[: len(fields)] == fields
    reading = CondensateReading(None, 1.0, 2.0, 3.0)
    assert (reading.flash_steam_loss, reading.quality_ph, reading.conductivity) == (None, None, None)
    assert reading.quality_score == 100


def test_the_default_map_is_floats_in_a_row():
    registers = layout_of(meter()).table.registers
    assert [(each.name, each.address, each.type, each.function) for each in registers] == [
        (name, 2 * at, RegisterType.FLOAT32, Function.HOLDING)
        for at, name in enumerate(
            ("flow_rate", "temperature", "return_percentage", "pressure", "ph", "conductivity")
        )
    ]


def test_a_map_of_ones_own_keeps_the_types_of_names_that_are_known():
    layout = layout_of(meter(register_map={"flow_rate": 30, "steam_flow": 40, "level": 50}))
    assert [(each.name, each.address, each.type, each.unit) for each in layout.table.registers] == [
        ("flow_rate", 30, RegisterType.FLOAT32, "t/hr"),
        ("steam_flow", 40, RegisterType.FLOAT32, "t/hr"),
        ("level", 50, RegisterType.UINT16, ""),
    ]


def test_the_byte_order_of_the_menu_is_that_of_all_wide_values():
    registers = layout_of(meter(byte_order="cdab", register_map={"flow_rate": 0, "level": 9})).table.registers
    assert [each.order for each in registers] == [ByteOrder.CDAB, ByteOrder.ABCD]


@pytest.mark.parametrize(
    ("fields", "read", "derived"),
    [
        ({}, True, ()),
        ({"steam_flow_sensor": "header-flow_rate"}, False, ("return_percentage",)),
        ({"register_map": {"flow_rate": 0, "return_percentage": 4}}, True, ()),
        (
            {"register_map": {"flow_rate": 0, "return_percentage": 4, "steam_flow": 8}},
            False,
            ("return_percentage",),
        ),
        ({"downstream_pressure_barg": 0.0}, True, ("flash_steam_loss",)),
    ],
)
def test_the_return_percentage_comes_from_the_best_source_there_is(fields, read, derived):
    layout = layout_of(meter(**fields))
    assert ("return_percentage" in layout.table.names, layout.derived) == (read, derived)


def test_without_analysis_its_registers_are_not_read():
    names = layout_of(meter(enable_quality_analysis=False)).table.names
    assert names == ("flow_rate", "temperature", "return_percentage", "pressure")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"port": 99999}, "port must be 1..65535, got 99999"),
        ({"meter_id": "a b"}, "meter_id must be letters, digits, _ or -, got 'a b'"),
        ({"meter_id": ""}, "meter_id must be letters, digits, _ or -, got ''"),
        ({"steam_flow_sensor": "a.b"}, "steam_flow_sensor must be letters, digits, _ or -, got 'a.b'"),
        ({"min_flow": 50.0}, "min_flow must be below max_flow = 50, got 50.0"),
        ({"ph_min": 9.5}, "ph_min must be below ph_max = 9.5, got 9.5"),
        ({"ph_hysteresis": 1.3}, "ph_hysteresis must be at most half of ph_max - ph_min = 2.5, got 1.3"),
        (
            {"conductivity_hysteresis": 50.0},
            "conductivity_hysteresis must be below conductivity_max = 50, got 50.0",
        ),
        (
            {"upstream_pressure_barg": -1.01325},
            "upstream_pressure_barg must be above -1.01325: that is vacuum by barometer_bar, got -1.01325",
        ),
        (
            {"upstream_pressure_barg": 2.0, "downstream_pressure_barg": 3.0},
            "downstream_pressure_barg must be below upstream_pressure_barg = 2, got 3.0",
        ),
        ({"host": "/dev/ttyUSB0"}, "host must be a name or an address unless protocol is modbus_rtu, got "),
        ({"protocol": "modbus_rtu", "slave_address": 0}, "slave_address must be 1..247 on a serial line"),
        ({"protocol": "hart"}, "protocol must be one of"),
        ({"register_map": {"temperature": 0}}, "register_map.flow_rate is missing"),
        (
            {"register_map": {"flow_rate": {"address": 0, "type": "string", "length": 4}}},
            "register_map.flow_rate.type must be a number's",
        ),
        ({"register_map": {"flow_rate": 65535}}, "register_map.flow_rate.address must be at most 65534"),
        (
            {"register_map": {"flow_rate": 0, "temperature": 1}},
            "temperature.address must not overlap flow_rate",
        ),
        (
            {"register_map": {"flow_rate": {"address": 0, "type": "float"}}},
            "register_map.flow_rate.type must be",
        ),
        (
            {"register_map": {"flow_rate": {"address": 0, "unit": "furlong"}}},
            "register_map.flow_rate cannot be used: unknown unit 'furlong'",
        ),
        (
            {"register_map": {"flow_rate": 0, "pressure": {"address": 9, "unit": "°C"}}},
            "register_map.pressure cannot be used: ",
        ),
        ({"register_map": {"flow_rate": 0, "a b": 9}}, "register_map.a b cannot be used: "),
        (
            {"register_map": {"flow_rate": 0, "x" * 64: 9}},
            f"register_map.{'x' * 64} must be a name of at most 63",
        ),
        (
            {"register_map": {"flow_rate": {"address": 0, "unit": "m3/h"}}},
            "register_map.flow_rate.unit needs the register temperature: mass is volume times density",
        ),
        (
            {"register_map": {"flow_rate": 0}, "flash_condensate": "measured"},
            "flash_condensate needs the register temperature",
        ),
        (
            {"register_map": {"flow_rate": 0, "conductivity": 4}, "conductivity_percent_per_k": 2.0},
            "conductivity_percent_per_k needs the register temperature",
        ),
        (
            {"register_map": {"flow_rate": 0, "steam_flow": 4}, "steam_flow_sensor": "a"},
            "steam_flow_sensor must be left out where the register map has steam_flow",
        ),
        (
            {"register_map": {"flow_rate": 0, "flash_steam_loss": 4}, "downstream_pressure_barg": 0.0},
            "register_map.flash_steam_loss must be left out where downstream_pressure_barg says",
        ),
    ],
)
def test_what_is_wrong_is_said_by_name(fields, text):
    (fault,) = faults(**fields)
    assert fault.startswith(text), fault


def test_all_that_is_wrong_is_said_at_once():
    assert len(faults(ph_hysteresis=9.0, meter_id="", min_flow=60.0, register_map={"temperature": 0})) == 4


def test_where_it_is_reached():
    assert endpoint_of(meter(), rtu=False).transport is Transport.TCP
    serial = meter(host="/dev/ttyS1", protocol="modbus_rtu", parity="E")
    assert endpoint_of(serial, rtu=True).device == "/dev/ttyS1"


def test_what_its_sensors_are_expected_to_say():
    expected = expectations(meter(meter_id="m", max_flow=30.0, downstream_pressure_barg=0.0))
    flow = expected["m-flow_rate"]
    assert (flow.unit, flow.interval_seconds, flow.min_valid, flow.max_valid, flow.change_per_minute) == (
        "t/hr", 2.0, 0.0, 30.0, 50.0,
    )  # fmt: skip
    assert expected["m-ph"].max_valid is None
    assert expected["m-flash_steam_loss"].unit == "t/hr"
    assert DEVICE_CLASS.name == "condensate_meter"


def test_the_transformation_knows_its_units():
    from integrations.runtime.plant.settings import read_plant
    from integrations.runtime.transformation.limits import cleaning_settings

    table = {"host": "h", "port": 502, "meter_id": "m", "downstream_pressure_barg": 0.0}
    sensors = cleaning_settings(read_plant({"condensate_meter": [table]}, {})).sensors
    assert sensors["m-flow_rate"].max_valid == 50
    assert {"m-ph", "m-pressure", "m-flash_steam_loss"} <= sensors.keys()


def test_the_sample_has_every_key_and_is_valid():
    from integrations.runtime.plant.settings import read_plant

    text = (files("integrations.devices.condensate_meter") / "sample.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    (config,) = read_plant(document, {}).devices["condensate_meter"]
    assert isinstance(config, CondensateMeterConfig)
    shown = document["condensate_meter"][0].keys()
    assert shown == set(CondensateMeterConfig.__struct_fields__)
    own = {"meter_id", "host", "port", "byte_order", "register_map", "steam_flow_sensor", "simulation",
           "upstream_pressure_barg", "downstream_pressure_barg", "ph_hysteresis",
           "conductivity_hysteresis"}  # fmt: skip
    for key in shown - own:
        assert getattr(config, key) == getattr(meter(), key), key


def test_tables_and_words_are_understood():
    table = {"host": "h", "port": 502, "protocol": "modbus_rtu", "flash_condensate": "measured"}
    config = read_table(CondensateMeterConfig, table, "condensate_meter[0]")
    assert config.flash_condensate is FlashCondensate.MEASURED
    with pytest.raises(ConfigurationError, match=r"condensate_meter\[0\]\.max_flov is not a known key"):
        read_table(CondensateMeterConfig, {"host": "h", "port": 502, "max_flov": 1}, "condensate_meter[0]")
