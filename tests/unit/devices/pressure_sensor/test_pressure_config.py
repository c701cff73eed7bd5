"""PressureSensorConfig: what it says about registers and units, and every fault by name."""

import tomllib
from importlib.resources import files

import msgspec
import pytest

from fakes.pressures import config
from integrations import PressureSensorConfig, PressureSensorConnector, PressureSensorType, PressureType
from integrations.configuration import ConfigurationError, read_struct
from integrations.devices.pressure_sensor import DEVICE_CLASS
from integrations.protocols.modbus import ByteOrder, Function, RegisterType


def test_defaults_are_those_that_users_know():
    one = PressureSensorConfig("10.0.0.1", 502)
    assert (one.sensor_id, one.sensor_type, one.pressure_type, one.unit) == (
        "pressure_sensor_1", PressureSensorType.STRAIN_GAUGE, PressureType.GAUGE, "bar",
    )  # fmt: skip
    assert (one.min_pressure, one.max_pressure, one.sampling_rate_hz, one.burst_mode_hz) == (0, 20, 1, None)
    assert (one.calibration_factor, one.calibration_offset, one.zero_pressure_offset) == (1, 0, 0)
    assert (one.max_pressure_change_rate, one.drift_detection_threshold) == (5, 0.1)
    assert (one.modbus_address, one.register_address) == (1, 0)
    assert (one.barometric_pressure_bar, one.rate_hz) == (1.01325, 1)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"sensor_id": "a.b"}, "sensor_id must be letters, digits, _ or -, got 'a.b'"),
        ({"unit": "°C"}, "unit must be a pressure"),
        ({"unit": "furlong"}, "unit must be a pressure: .*furlong"),
        ({"unit": "bara"}, "unit must fit pressure_type = gauge, got 'bara'"),
        ({"unit": "barg", "pressure_type": "differential"}, "unit must fit pressure_type = differential"),
        ({"register_unit": "kg/h"}, "register_unit cannot be used"),
        ({"register_unit": "bara", "pressure_type": "differential"}, "register_unit cannot be used"),
        ({"min_pressure": 20.0}, "min_pressure must be below max_pressure = 20, got 20"),
        ({"calibration_factor": 0.0}, "calibration_factor must not be 0"),
        ({"burst_mode_hz": 0.5}, "burst_mode_hz must be at least sampling_rate_hz = 1, got 0.5"),
        ({"burst_mode_hz": 2000.0}, "burst_mode_hz"),
        ({"barometric_pressure_bar": 0.1}, "barometric_pressure_bar"),
        ({"max_pressure_change_rate": 0.0}, "max_pressure_change_rate"),
        ({"drift_detection_threshold": -0.1}, "drift_detection_threshold"),
        ({"preset": "acme"}, "preset must be one of keller_30, got 'acme'"),
        ({"register_type": "string"}, "register_type must be a number's"),
        ({"register_address": 65535}, "register_address"),
        ({"register_scale": 0.0}, "register_scale"),
        ({"temperature_register_address": 65535}, "temperature_register_address"),
        ({"host": "/dev/ttyUSB0"}, "host must be a name or an address unless protocol is modbus_rtu"),
        ({"protocol": "modbus_rtu", "modbus_address": 0}, "modbus_address must be 1..247 on a serial line"),
    ],
)
def test_every_fault_names_its_field_and_value(fields, words):
    with pytest.raises(ConfigurationError, match=words):
        read_struct(PressureSensorConfig, {"host": "h", "port": 502, **fields})


def test_all_faults_are_told_at_once():
    with pytest.raises(ConfigurationError) as caught:
        config(min_pressure=30.0, calibration_factor=0.0, unit="°C", preset="acme")
    assert {fault.key for fault in caught.value.faults} == {
        "min_pressure", "calibration_factor", "unit", "preset",
    }  # fmt: skip


def test_an_id_used_twice_names_both_places():
    twice = [config(), config(register_address=2, modbus_address=3)]
    with pytest.raises(ConfigurationError, match=r"used once only: configs\[0\] .*configs\[1\]") as caught:
        PressureSensorConnector(twice)
    assert "127.0.0.1:502 unit 3 register 2" in str(caught.value)


def test_no_sensor_at_all_is_an_error():
    with pytest.raises(ConfigurationError, match="at least one sensor"):
        PressureSensorConnector([])


def test_registers_that_overlap_name_both_sensors():
    overlapping = [config(sensor_id="a"), config(sensor_id="b", register_address=1)]
    with pytest.raises(ConfigurationError) as caught:
        PressureSensorConnector(overlapping)
    assert "a" in str(caught.value)
    assert "b" in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "marked", "quantity"),
    [
        ({}, "barg", "pressure"),
        ({"pressure_type": "absolute", "unit": "psi"}, "psia", "pressure"),
        ({"unit": "psig"}, "psig", "pressure"),
        ({"pressure_type": "differential", "unit": "mbar"}, "mbar", "differential_pressure"),
    ],
)
def test_units_on_the_bus_carry_their_reference(fields, marked, quantity):
    one = read_struct(PressureSensorConfig, {"host": "h", "port": 502, **fields})
    assert (one.marked_unit, one.quantity) == (marked, quantity)


def test_a_preset_may_be_bent():
    one = config(
        preset="keller_30", register_address=100, byte_order="cdab", temperature_register_address=110
    )
    pressure, temperature = one.registers()
    assert (pressure.address, pressure.order, pressure.unit) == (100, ByteOrder.CDAB, "bar")
    assert (temperature.address, temperature.name) == (110, "p-temperature")


def test_a_cells_temperature_may_be_read_without_a_preset():
    pressure, temperature = config(
        register_type="int16", register_function="input", temperature_register_address=7
    ).registers()
    assert (temperature.address, temperature.type, temperature.function, temperature.unit) == (
        7, RegisterType.INT16, Function.INPUT, "°C",
    )  # fmt: skip
    assert pressure.address == 0


def test_sensors_of_one_unit_and_rate_share_a_poll_and_others_do_not():
    array = PressureSensorConnector([
        config(sensor_id="a"),
        config(sensor_id="b", register_address=2),
        config(sensor_id="c", modbus_address=2),
        config(sensor_id="d", burst_mode_hz=10.0, register_address=4),
        config(sensor_id="e", host="127.0.0.2"),
    ])  # fmt: skip
    assert [unit.sensor_ids for unit in array.units] == [("a", "b"), ("c",), ("d",), ("e",)]


def test_expectations_are_in_the_unit_of_the_bus():
    expected = DEVICE_CLASS.expectations(config(unit="psi", max_pressure=290.0, preset="keller_30"))
    assert list(expected) == ["p", "p-temperature"]
    assert (expected["p"].unit, expected["p"].max_valid) == ("psig", 290.0)
    assert expected["p"].change_per_minute == pytest.approx(5 * 14.5038 * 60, rel=1e-4)


def test_the_sample_has_every_key_and_is_valid():
    text = files("integrations.devices.pressure_sensor").joinpath("sample.toml").read_text("utf-8")
    (table,) = tomllib.loads(text.replace("# not_available", "not_available"))["pressure_sensor"]
    read_struct(PressureSensorConfig, table)
    assert set(table) | {"max_time_skew_seconds"} == set(PressureSensorConfig.__struct_fields__)
    defaults = msgspec.structs.asdict(PressureSensorConfig("192.168.1.101", 502))
    differing = {key for key, value in table.items() if msgspec.to_builtins(defaults[key]) != value}
    assert differing <= {
        "sensor_id", "preset", "register_address", "register_type", "register_function", "byte_order",
        "register_scale", "register_offset", "register_unit", "not_available", "temperature_register_address",
        "max_time_skew_seconds", "burst_mode_hz", "simulation",
    }  # fmt: skip
