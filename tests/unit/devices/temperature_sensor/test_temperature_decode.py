"""Registers of a unit to the temperatures of its sensors, and the faults they betray."""

import numpy as np
import pytest

from integrations import TemperatureSensorConfig
from integrations.configuration import ConfigurationError
from integrations.devices.temperature_sensor.decode import TemperatureDecoder
from integrations.messages import Status
from integrations.thermometry import SensorFault


def decoded(values, *sensors, status=None):
    configs = [
        TemperatureSensorConfig(**{"host": "h", "port": 502, "sensor_id": f"t{at}", **fields})
        for at, fields in enumerate(sensors)
    ]
    codes = np.zeros(len(values), np.uint32) if status is None else np.array(status, np.uint32)
    return TemperatureDecoder(configs)(np.array(values, float), codes, 0)


def test_a_temperature_is_handed_on_in_the_configured_unit():
    assert decoded([184.1], {}).values == pytest.approx([184.1])
    assert decoded([100.0], {"unit": "F"}).values == pytest.approx([212.0])
    assert decoded([212.0], {"unit": "K", "register_unit": "°F"}).values == pytest.approx([373.15])


def test_ohms_and_millivolts_become_temperatures_with_the_cold_junction_by_voltage():
    rtd = {"signal": "ohms"}
    couple = {
        "signal": "millivolts", "sensor_type": "thermocouple_k", "register_address": 2, "cjc_register": 4
    }  # fmt: skip
    sample = decoded([138.5055, 11.2083, 25.0], rtd, couple)
    assert sample.values == pytest.approx([100.0, 138.5055, 300.0, 11.2083, 25.0], abs=0.005)
    fixed = {"signal": "millivolts", "sensor_type": "thermocouple_k", "cjc_temperature": 25.0}
    assert decoded([11.2083], fixed).values[0] == pytest.approx(300.0, abs=0.005)


@pytest.mark.parametrize(
    ("ohms", "fault"),
    [(500.0, "OPEN_CIRCUIT"), (1.0, "SHORT_CIRCUIT"), (15.0, "BELOW_RANGE"), (395.0, "ABOVE_RANGE")],
)
def test_a_broken_sensor_is_bad_and_has_no_value(ohms, fault):
    sample = decoded([ohms], {"signal": "ohms"})
    assert np.isnan(sample.values[0])
    assert sample.status[0] == Status.BAD_SENSOR_FAILURE
    assert sample.faults[0] == SensorFault[fault]


def test_a_register_that_was_not_read_is_no_fault_of_the_sensor():
    sample = decoded([np.nan], {}, status=[Status.BAD_TIMEOUT])
    assert (sample.status[0], sample.faults[0]) == (Status.BAD_TIMEOUT, SensorFault.NONE)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"signal": "millivolts"}, "signal must be another"),
        ({"signal": "millivolts", "sensor_type": "thermocouple_k"}, "either cjc_register or cjc_temperature"),
        ({"preset": "moxa_e1262"}, "sensor_type must be a thermocouple"),
        ({"preset": "moxa_e1260", "channel": 6}, "channel must be 0..5"),
        ({"unit": "bar"}, "unit must be a unit like"),
        ({"min_temp": 400}, "min_temp must be below max_temp = 400"),
    ],
)
def test_faults_name_their_field(fields, words):
    with pytest.raises(ConfigurationError, match=words):
        TemperatureSensorConfig(**{"host": "h", "port": 502, **fields})


def test_presets_are_where_the_manuals_say():
    rtd = TemperatureSensorConfig(host="h", port=502, preset="moxa_e1260", channel=2).register
    assert (rtd.address, rtd.function.value, rtd.scale) == (0x0602, "input", 0.1)
    couple = TemperatureSensorConfig(
        host="h", port=502, preset="moxa_e1262", channel=3, sensor_type="thermocouple_k"
    ).register
    assert (couple.address, couple.width) == (2054, 2)
