"""Registers of pressure transmitters as they came off the wire, and what they mean: one folder a case."""

import pytest

from fakes import cases
from integrations.devices.pressure_sensor.decode import PressureDecoder

NAME = "pressure_sensor"


@pytest.mark.parametrize("folder", cases.folders(NAME), ids=lambda folder: folder.name)
def test_case(folder):
    decoder = PressureDecoder(cases.sensors(folder, NAME))
    shown = cases.shown(decoder.channels, decoder(*cases.poll(folder, decoder.table), 0))
    wanted = cases.expected(folder)
    assert list(shown) == list(wanted)
    for sensor_id, one in wanted.items():
        assert shown[sensor_id] == cases.near(one, rel=1e-6), sensor_id
