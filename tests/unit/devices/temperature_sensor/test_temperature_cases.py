"""Registers of temperature modules as they came off the wire, and what they mean: one folder a case."""

import pytest

from fakes import cases
from integrations.devices.temperature_sensor.decode import TemperatureDecoder
from integrations.thermometry import SensorFault

NAME = "temperature_sensor"
TABLES_K = 0.01
"""IEC's and NIST's tables, which the cases are from, end at 0.01 Ω and 0.001 mV."""


@pytest.mark.parametrize("folder", cases.folders(NAME), ids=lambda folder: folder.name)
def test_case(folder):
    sensors = cases.sensors(folder, NAME)
    decoder = TemperatureDecoder(sensors)
    sample = decoder(*cases.poll(folder, decoder.layout.table), 0)
    shown = cases.shown(decoder.channels, sample)
    for sensor, fault in zip(sensors, sample.faults, strict=True):
        if fault:
            shown[sensor.sensor_id]["fault"] = SensorFault(fault).token
    wanted = cases.expected(folder)
    assert list(shown) == list(wanted)
    for sensor_id, one in wanted.items():
        assert shown[sensor_id] == cases.near(one, rel=1e-6, abs=TABLES_K), sensor_id
