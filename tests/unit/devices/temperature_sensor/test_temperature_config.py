"""A temperature sensor's configuration: the names and defaults that users know, and every fault by name."""

import tomllib
from importlib.resources import files

import pytest

from integrations.configuration import ConfigurationError
from integrations.devices import SimulationPolicy
from integrations.devices.temperature_sensor import (
    DEVICE_CLASS,
    TemperatureReading,
    TemperatureSensorConfig,
    TemperatureSensorType,
)
from integrations.protocols.modbus import FLOAT32, INT16, Function

THERMOCOUPLE = {"sensor_type": TemperatureSensorType.THERMOCOUPLE_K}


def sensor(**fields):
    return TemperatureSensorConfig(**{"host": "10.0.0.7", "port": 502, **fields})


def faults(**fields):
    with pytest.raises(ConfigurationError) as caught:
        sensor(**fields)
    return [str(fault) for fault in caught.value.faults]


def test_defaults_are_those_that_users_know():
    known = {
        "sensor_id": "temp_sensor_1", "sensor_type": TemperatureSensorType.RTD_PT100, "min_temp": 0,
        "max_temp": 400, "unit": "C", "sampling_rate_hz": 1, "smoothing_window": 5,
        "max_temp_change_rate": 10, "timeout_seconds": 30, "simulation": SimulationPolicy.FALLBACK,
    }  # fmt: skip
    config = sensor()
    assert {name: getattr(config, name) for name in known} == known
    assert [kind.name for kind in TemperatureSensorType] == [
        "RTD_PT100", "RTD_PT1000", "THERMOCOUPLE_K", "THERMOCOUPLE_J", "THERMOCOUPLE_T",
    ]  # fmt: skip


def test_readings_have_the_fields_that_users_know():
    fields = ("timestamp", "temperature", "unit", "sensor_id", "quality_score", "cjc_temperature")
    assert TemperatureReading.__struct_fields__[: len(fields)] == fields
    reading = TemperatureReading(None, 1.0, "C", "t")
    assert (reading.quality_score, reading.cjc_temperature) == (100, None)


@pytest.mark.parametrize(
    ("fields", "register"),
    [
        ({}, (0, INT16, Function.HOLDING, 0.1, "°C")),
        ({"signal": "ohms", "register_address": 6}, (6, FLOAT32, Function.HOLDING, 1.0, "ohm")),
        ({"register_type": "float32"}, (0, FLOAT32, Function.HOLDING, 1.0, "°C")),
        ({"preset": "moxa_e1260", "channel": 3}, (0x0603, INT16, Function.INPUT, 0.1, "°C")),
        ({"register_unit": "°F", "register_scale": 1.0}, (0, INT16, Function.HOLDING, 1.0, "°F")),
    ],
)
def test_where_its_register_is_and_what_it_holds(fields, register):
    found = sensor(**fields).register
    assert (found.address, found.type, found.function, found.scale, found.unit) == register


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"sensor_id": "a.b"}, "sensor_id must be letters, digits, _ or -, got 'a.b'"),
        ({"min_temp": 400.0}, "min_temp must be below max_temp = 400, got 400"),
        ({"unit": "bar"}, "unit must be a unit like °C"),
        ({"unit": "Q"}, "unit must be a unit like °C"),
        ({"register_unit": "mV"}, "register_unit must be a unit like °C"),
        ({"smoothing_window": 0}, "smoothing_window must be 1..1000, got 0"),
        ({"signal": "millivolts"}, "signal must be another for sensor_type rtd_pt100, which gives none"),
        ({**THERMOCOUPLE, "signal": "ohms"}, "signal must be another for sensor_type thermocouple_k"),
        (
            {**THERMOCOUPLE, "signal": "millivolts"},
            "signal must be millivolts with either cjc_register or cjc_temperature beside it",
        ),
        (
            {**THERMOCOUPLE, "signal": "millivolts", "cjc_register": 8, "cjc_temperature": 0.0},
            "signal must be millivolts with either cjc_register or cjc_temperature beside it",
        ),
        ({**THERMOCOUPLE, "cjc_temperature": 0.0}, "cjc_temperature is for signal millivolts"),
        ({"cjc_register": 8}, "cjc_register is for thermocouples"),
        (
            {**THERMOCOUPLE, "signal": "millivolts", "cjc_register": {"address": 8, "unit": "bar"}},
            "cjc_register.unit must be a unit like °C",
        ),
        (
            {**THERMOCOUPLE, "signal": "millivolts", "cjc_register": {"address": 70000}},
            "cjc_register.address",
        ),
        ({"preset": "moxa"}, "preset must be one of moxa_e1260, moxa_e1262, got 'moxa'"),
        ({"channel": 1}, "channel needs a preset; else say register_address"),
        ({"preset": "moxa_e1260", "channel": 6}, "channel must be 0..5 for moxa_e1260, got 6"),
        ({"preset": "moxa_e1262"}, "sensor_type must be a thermocouple for moxa_e1262"),
        ({"register_type": "string"}, "register_type must be a number's"),
        ({"host": "/dev/ttyS0"}, "host must be a name or an address unless protocol is modbus_rtu"),
        ({"protocol": "modbus_rtu", "modbus_address": 0}, "modbus_address must be 1..247 on a serial line"),
    ],
)
def test_what_is_wrong_is_said_by_name(fields, text):
    told = faults(**fields)
    assert any(fault.startswith(text) for fault in told), told


def test_the_sample_has_every_key_and_is_valid():
    from integrations.runtime.plant.settings import read_plant

    text = (files("integrations.devices.temperature_sensor") / "sample.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    first, *_ = read_plant(document, {}).devices[DEVICE_CLASS.name]
    tables = document[DEVICE_CLASS.name]
    assert set().union(*tables) == set(TemperatureSensorConfig.__struct_fields__)
    own = {"sensor_id", "host", "port", "preset", "channel", "not_available", "simulation"}
    of_the_register = {"register_type", "register_function", "byte_order", "register_scale",
                       "register_offset", "register_unit"}  # fmt: skip
    for key in tables[0].keys() - own - of_the_register:
        assert getattr(first, key) == getattr(sensor(), key), key
    of_preset = {"sensor_id": first.sensor_id, "preset": "moxa_e1260", "channel": 2, "not_available": -32768}
    assert first.register == sensor(**of_preset).register
