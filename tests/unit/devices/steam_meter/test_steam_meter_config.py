"""A steam meter's configuration: the names and defaults that users know, and every fault by name."""

import tomllib
from importlib.resources import files

import pytest

from integrations.configuration import ConfigurationError, read_table
from integrations.devices import SimulationPolicy
from integrations.devices.steam_meter import (
    DEVICE_CLASS,
    FlowMeasurementType,
    FlowReading,
    MeterProtocol,
    SteamMeterConfig,
    TotalizerState,
    expectations,
)
from integrations.devices.steam_meter.endpoint import endpoint_of
from integrations.devices.steam_meter.layout import layout_of
from integrations.protocols.modbus import ByteOrder, RegisterType, Transport


def meter(**fields):
    return SteamMeterConfig(**{"host": "10.0.0.7", "port": 502, **fields})


def faults(**fields):
    with pytest.raises(ConfigurationError) as caught:
        meter(**fields)
    return [str(fault) for fault in caught.value.faults]


def test_defaults_are_those_that_users_know():
    known = {
        "protocol": MeterProtocol.MODBUS_TCP, "meter_id": "steam_meter_1", "register_map": {},
        "slave_address": 1, "baud_rate": 9600, "parity": "N", "stop_bits": 1, "hart_address": 0,
        "poll_address": 0, "current_min_ma": 4, "current_max_ma": 20, "flow_min": 0, "flow_max": 100,
        "calibration_factor": 1, "calibration_offset": 0, "k_factor": None,
        "measurement_type": FlowMeasurementType.MASS_FLOW, "units": "t/hr", "sampling_rate_hz": 1,
        "averaging_window_seconds": 60, "enable_totalizer": True, "totalizer_rollover": 9999999,
        "min_valid_flow": 0, "max_valid_flow": 500, "max_flow_change_rate": 50,
        "simulation": SimulationPolicy.FALLBACK,
    }  # fmt: skip
    config = meter()
    assert {name: getattr(config, name) for name in known} == known
    assert [protocol.value for protocol in MeterProtocol] == [
        "modbus_rtu", "modbus_tcp", "hart", "4-20ma", "opc_ua",
    ]  # fmt: skip
    assert [kind.name for kind in FlowMeasurementType] == [
        "MASS_FLOW", "VOLUMETRIC_FLOW", "VELOCITY", "ENERGY_FLOW",
    ]  # fmt: skip


def test_the_default_map_is_that_which_users_know():
    registers = layout_of(meter()).table.registers
    assert {register.name: register.address for register in registers} == {
        "flow_rate": 0, "totalizer": 2, "velocity": 4, "density": 5, "temperature": 6, "pressure": 7,
        "status": 8, "alarm": 9,
    }  # fmt: skip
    assert registers[1].width == 2


def test_readings_have_the_fields_that_users_know():
    fields = (
        "timestamp", "flow_rate", "totalizer", "velocity", "density", "temperature", "pressure",
        "quality_score", "raw_value", "unit", "meter_id", "protocol",
    )  # fmt: skip
    assert FlowReading.__struct_fields__[: len(fields)] == fields
    reading = FlowReading(None, 1.0, 2.0)
    assert (reading.quality_score, reading.raw_value, reading.unit) == (100, None, "t/hr")
    assert TotalizerState().__struct_fields__ == (
        "current_total", "previous_total", "last_update", "rollover_count", "lifetime_total",
    )  # fmt: skip


def test_a_protocol_may_be_a_word():
    assert meter(protocol="modbus_rtu").protocol is MeterProtocol.MODBUS_RTU
    assert faults(protocol="modbus") == [
        "protocol must be one of modbus_rtu, modbus_tcp, hart, 4-20ma, opc_ua, got 'modbus'"
    ]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"port": 99999}, "port must be 1..65535, got 99999"),
        ({"host": ""}, "host must be not empty, got ''"),
        ({"meter_id": "a.b"}, "meter_id must be letters, digits, _ or -, at most 128, got 'a.b'"),
        ({"units": "bananas/h"}, "units must be a flow: unknown unit 'bananas/h'"),
        ({"units": "bar"}, "units must be a flow: "),
        ({"units": "GJ"}, "units must be a flow: a mass, volume or energy per time, or a power, got 'GJ'"),
        (
            {"meter_id": "m" * 120},
            "meter_id must be 4 characters shorter, to begin the name of sensor <meter_id>-temperature",
        ),
        (
            {"min_valid_flow": 5, "max_valid_flow": 5},
            "min_valid_flow must be below max_valid_flow = 5, got 5.0",
        ),
        ({"flow_min": 200}, "flow_min must be below flow_max = 100, got 200.0"),
        ({"current_min_ma": 20}, "current_min_ma must be below current_max_ma = 20, got 20.0"),
        ({"calibration_factor": 0}, "calibration_factor must not be 0, got 0"),
        ({"sampling_rate_hz": 0}, "sampling_rate_hz must be greater than 0 and at most 1000, got 0"),
        ({"preset": "acme"}, "preset must be one of spirax_tva, spirax_rim20, calec_st, got 'acme'"),
        ({"host": "/dev/ttyUSB0"}, "host must be a name or an address unless protocol is modbus_rtu"),
        (
            {"protocol": "modbus_rtu", "slave_address": 0},
            "slave_address must be 1..247 on a serial line, got 0",
        ),
        ({"parity": "X"}, "parity must be one of E, N, O, got 'X'"),
        ({"calibration_factor": float("nan")}, "calibration_factor must be a finite number, got nan"),
        ({"byte_order": "acbd"}, "byte_order must be one of abcd, cdab, badc, dcba, got 'acbd'"),
        (
            {"register_map": {"totalizer": 2}},
            "register_map.flow_rate is missing: it says where the flow is read",
        ),
        (
            {"register_map": {"flow_rate": "x"}},
            "register_map.flow_rate must be an address or a table, got 'x'",
        ),
        (
            {"register_map": {"flow_rate": 70000}},
            "register_map.flow_rate.address must be 0..65535, got 70000",
        ),
        (
            {"register_map": {"flow_rate": {"address": 0, "adress": 1}}},
            "register_map.flow_rate.adress is not a known key (did you mean address?), got 1",
        ),
        (
            {"register_map": {"flow_rate": {"address": 0, "unit": "bananas"}}},
            "register_map.flow_rate cannot be used: unknown unit 'bananas'",
        ),
        (
            {"register_map": {"flow_rate": {"address": 0, "unit": "bar"}}},
            "register_map.flow_rate cannot be used: ",
        ),
        (
            {"register_map": {"flow_rate": 0, "a b": 5}},
            "register_map.a b cannot be used: sensor id must be 1 to 128",
        ),
        ({"register_map": {"flow_rate": 0, "x" * 128: 5}}, "register_map.xxx"),
        (
            {"register_map": {"flow_rate": 0, "name": {"address": 9, "type": "string", "length": 4}}},
            "register_map.name.type must be a number's, got 'string'",
        ),
        (
            {"register_map": {"flow_rate": 0, "totalizer": 0}},
            "register_map.totalizer.address must not overlap flow_rate (",
        ),
    ],
)
def test_a_fault_names_what_is_wrong_and_what_is_allowed(fields, sentence):
    found = faults(**fields)
    assert any(sentence in fault for fault in found), found


def test_all_faults_come_at_once():
    assert len(faults(port=0, baud_rate=1, parity="X", sampling_rate_hz=-1)) == 4
    assert len(faults(meter_id="a b", flow_min=1000, register_map={"flow_rate": {"address": -1}})) == 3


@pytest.mark.parametrize("protocol", list(MeterProtocol))
def test_a_wrong_unit_hides_no_fault_of_what_is_read(protocol):
    wrong = {
        "register_map": {"flow_rate": 70000},
        "hart_variables": {"XV": "flow_rate"},
        "opcua_nodes": {"flow_rate": 5},
        "analog_inputs": {"totalizer": {"channel": 1}},
    }
    found = faults(protocol=protocol, units="bananas", **wrong)
    assert any("units must be a flow: unknown unit 'bananas'" in fault for fault in found), found
    assert len(found) > 1, found


def test_a_table_reads_like_a_constructor():
    table = {"host": "h", "port": 502, "protocol": "modbus_rtu", "register_map": {"flow_rate": 10}}
    assert read_table(SteamMeterConfig, table, "steam_meter[0]") == SteamMeterConfig(**table)


@pytest.mark.parametrize(
    ("units", "total"),
    [
        ("t/hr", "t"),
        ("kg/h", "kg"),
        ("kg/s", "kg"),
        ("klb/h", "klb"),
        ("m3/h", "m3"),
        ("MW", "MWh"),
        ("GJ/h", "GJ"),
    ],
)
def test_the_totaliser_has_the_unit_of_what_flows(units, total):
    assert meter(units=units).total_unit == total


def test_a_users_map_takes_types_from_the_default_map_and_leaves_the_rest_out():
    table = layout_of(
        meter(register_map={"flow_rate": 100, "totalizer": {"address": 102, "order": "cdab"}})
    ).table
    assert [(r.name, r.address, r.type, r.order) for r in table.registers] == [
        ("flow_rate", 100, RegisterType.UINT16, ByteOrder.ABCD),
        ("totalizer", 102, RegisterType.UINT32, ByteOrder.CDAB),
    ]  # fmt: skip


def test_a_presets_own_rollover_holds_unless_one_is_given():
    assert layout_of(meter(preset="spirax_tva")).totalizer_rollover == 2**32 - 1
    assert layout_of(meter(preset="spirax_tva", totalizer_rollover=999_999)).totalizer_rollover == 999_999
    assert layout_of(meter()).totalizer_rollover == 9_999_999


def test_a_preset_keeps_to_the_registers_it_can_give_at_once():
    assert layout_of(meter(preset="spirax_tva")).table.max_registers_per_request == 12
    assert (
        layout_of(meter(preset="spirax_tva", max_registers_per_request=6)).table.max_registers_per_request
        == 6
    )


@pytest.mark.parametrize(
    ("fields", "transport", "place"),
    [
        ({}, Transport.TCP, "10.0.0.7:502"),
        ({"protocol": "modbus_rtu"}, Transport.RTU_OVER_TCP, "10.0.0.7:502"),
        ({"protocol": "modbus_rtu", "host": "/dev/ttyUSB0"}, Transport.RTU, "/dev/ttyUSB0"),
        ({"protocol": "modbus_rtu", "host": "COM3"}, Transport.RTU, "COM3"),
        ({"protocol": "modbus_rtu", "host": "com12"}, Transport.RTU, "com12"),
        ({"protocol": "modbus_rtu", "host": r"\\.\COM10"}, Transport.RTU, r"\\.\COM10"),
        ({"protocol": "modbus_rtu", "host": "comgate.plant"}, Transport.RTU_OVER_TCP, "comgate.plant:502"),
    ],
)
def test_the_host_says_how_the_meter_is_reached(fields, transport, place):
    endpoint = endpoint_of(meter(baud_rate=19200, parity="E", **fields))
    assert (endpoint.transport, str(endpoint)) == (transport, place)
    assert (endpoint.baud_rate, endpoint.parity, endpoint.timeout_seconds) == (19200, "E", 30.0)


def test_sensors_are_expected_to_say_what_the_configuration_says():
    expected = expectations(meter(meter_id="m", sampling_rate_hz=4, units="kg/h", max_valid_flow=9000))
    flow = expected["m-flow_rate"]
    assert (flow.unit, flow.interval_seconds, flow.min_valid, flow.max_valid) == ("kg/h", 0.25, 0, 9000)
    assert flow.change_per_minute == 50
    assert (expected["m-totalizer"].unit, expected["m-totalizer"].max_valid) == ("kg", None)
    assert len(expected) == 8


def test_the_device_class_says_where_its_configuration_is_found():
    assert (DEVICE_CLASS.name, DEVICE_CLASS.id_key) == ("steam_meter", "meter_id")
    assert DEVICE_CLASS.environment_prefix == "STEAM_METER_"


def test_the_sample_has_every_key_and_is_valid():
    from integrations.runtime.plant.settings import read_plant

    text = (files("integrations.devices.steam_meter") / "sample.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    (config,) = read_plant(document, {}).devices["steam_meter"]
    assert isinstance(config, SteamMeterConfig)
    unset = {"k_factor", "measured_units", "pipe_diameter_mm", "design_density_kg_m3", "analog_module"}
    shown = document["steam_meter"][0].keys() | unset
    assert shown == set(SteamMeterConfig.__struct_fields__)
    assert all(f"# {key} = " in text for key in unset)
    own = {"meter_id", "host", "port", "preset", "byte_order", "max_registers_per_request", "register_map",
           "max_register_gap", "simulation"}  # fmt: skip
    plain = meter()
    for key in shown - own:
        assert getattr(config, key) == getattr(plain, key), key


def test_a_range_of_currents_that_is_none_is_said_once():
    with pytest.raises(ConfigurationError) as caught:
        SteamMeterConfig(host="h", port=1, protocol="4-20ma", current_min_ma=20, current_max_ma=4)
    assert str(caught.value) == "current_min_ma must be below current_max_ma = 4, got 20.0"
