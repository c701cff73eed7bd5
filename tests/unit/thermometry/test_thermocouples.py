"""Thermocouples against NIST's own tables, against check points of practice, and there and back."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thermocouple_its90 import TYPES

from integrations.thermometry import TYPE_J, TYPE_K, TYPE_T, SensorFault

NIST = Path(__file__).parents[2] / "data" / "nist"
THERMOCOUPLES = [TYPE_K, TYPE_J, TYPE_T]
each_type = pytest.mark.parametrize("thermocouple", THERMOCOUPLES, ids=lambda one: one.letter)
HALF_A_DIGIT_MV = 0.0005 + 1e-9


def nist_table(letter):
    """Return temperatures and millivolts of a table, whose columns go down below 0 °C and up above."""
    text = (NIST / f"type_{letter.lower()}.tab").read_text("latin-1").split("*****")[0]
    found, sign = {}, 1
    for line in text.splitlines():
        if "°C" in line:
            sign = -1 if " -1 " in line else 1
        elif re.match(r"\s*-?\d+ +-?\d+\.\d{3}", line):
            start, *cells = line.split()
            found.update({int(start) + sign * at: float(cell) for at, cell in enumerate(cells)})
    return np.array(sorted(found.items())).T


@each_type
def test_every_degree_of_the_published_tables(thermocouple):
    temperature, emf = nist_table(thermocouple.letter)
    assert temperature.size == thermocouple.highest_c - thermocouple.lowest_c + 1
    assert np.abs(thermocouple.emf_mv(temperature) - emf).max() <= HALF_A_DIGIT_MV


@each_type
def test_the_way_back_from_the_published_tables(thermocouple):
    temperature, emf = nist_table(thermocouple.letter)
    found = thermocouple.temperature_c(emf)
    assert not found.fault.any()
    slope = np.gradient(thermocouple.emf_mv(temperature), temperature)
    flattest = np.minimum(slope, np.minimum(np.roll(slope, 1), np.roll(slope, -1)))
    assert (np.abs(found.temperature_c - temperature) <= HALF_A_DIGIT_MV / flattest * 1.3).all()


CHECK_POINTS = [
    (TYPE_K, [(-100, -3.554), (25, 1.000), (100, 4.096), (250, 10.153), (500, 20.644), (1000, 41.276)]),
    (TYPE_J, [(-100, -4.633), (25, 1.277), (100, 5.269), (250, 13.555), (500, 27.393), (760, 42.919)]),
    (TYPE_T, [(-200, -5.603), (25, 0.992), (100, 4.279), (200, 9.288), (300, 14.862), (400, 20.872)]),
]


@pytest.mark.parametrize(("thermocouple", "points"), CHECK_POINTS, ids="KJT")
def test_check_points_of_practice(thermocouple, points):
    temperature, emf = np.array(points).T
    assert thermocouple.emf_mv(temperature) == pytest.approx(emf, abs=0.0005)
    assert thermocouple.temperature_c(emf).temperature_c == pytest.approx(temperature, abs=0.04)


def test_voltages_are_added_not_temperatures():
    assert TYPE_K.temperature_c(11.2083, 25.0).temperature_c == pytest.approx(300.00, abs=0.005)
    assert TYPE_K.temperature_c(11.2083).temperature_c + 25.0 != pytest.approx(300.00, abs=0.5)


@each_type
def test_there_and_back_over_the_whole_range(thermocouple):
    temperature = np.linspace(thermocouple.lowest_c, thermocouple.highest_c, 100_001)
    found = thermocouple.temperature_c(thermocouple.emf_mv(temperature))
    assert not found.fault.any()
    assert np.abs(found.temperature_c - temperature).max() < 1e-7


@each_type
def test_the_reference_function_never_falls(thermocouple):
    temperature = np.linspace(thermocouple.lowest_c, thermocouple.highest_c, 200_001)
    assert (np.diff(thermocouple.emf_mv(temperature)) > 0).all()


@given(st.sampled_from(THERMOCOUPLES), st.floats(0, 1), st.floats(-50, 150))
def test_the_cold_junction_is_taken_out_again(thermocouple, part, cold):
    hot = thermocouple.lowest_c + part * (thermocouple.highest_c - thermocouple.lowest_c)
    found = thermocouple.temperature_c(thermocouple.emf_mv(hot, cold), cold)
    assert found.fault == SensorFault.NONE
    assert found.temperature_c == pytest.approx(hot, abs=1e-6)


@given(st.sampled_from(THERMOCOUPLES), st.floats(0.01, 1), st.floats(0, 60))
def test_an_independent_implementation_agrees(thermocouple, part, cold):
    low, high = thermocouple.reference.limits_mv
    emf = low + part * (high - low)
    other = TYPES[thermocouple.letter]
    reached = emf + float(thermocouple.emf_mv(cold))
    if low + 0.01 <= reached <= high - 0.01:  # at its ends the other's own range is a rounding narrower
        found = thermocouple.temperature_c(emf, cold)
        assert found.temperature_c == pytest.approx(other.temperature(emf, reference=cold), abs=1e-3)


@pytest.mark.parametrize(
    ("emf", "cold", "fault"),
    [
        (-6.458, 0.0, SensorFault.NONE),
        (-6.459, 0.0, SensorFault.BELOW_RANGE),
        (54.886, 0.0, SensorFault.NONE),
        (54.0, 25.0, SensorFault.ABOVE_RANGE),
        (60.0, 0.0, SensorFault.ABOVE_RANGE),
        (80.0, 25.0, SensorFault.OPEN_CIRCUIT),
        (-80.0, 25.0, SensorFault.OPEN_CIRCUIT),
        (np.inf, 25.0, SensorFault.OPEN_CIRCUIT),
        (np.nan, 25.0, SensorFault.NO_VALUE),
        (4.0, np.nan, SensorFault.COLD_JUNCTION),
        (4.0, 850.0, SensorFault.COLD_JUNCTION),
        (4.0, -273.15, SensorFault.COLD_JUNCTION),
        (80.0, np.nan, SensorFault.COLD_JUNCTION),
    ],
)
def test_what_no_thermocouple_gives_is_a_fault_and_no_number(emf, cold, fault):
    found = TYPE_K.temperature_c(emf, cold)
    assert found.fault == fault
    assert np.isnan(found.temperature_c) == (fault is not SensorFault.NONE)


def test_arrays_broadcast_and_keep_their_shape():
    found = TYPE_T.temperature_c([[0.0, 4.279], [np.nan, 20.872]], [0.0, 0.0])
    np.testing.assert_allclose(found.temperature_c, [[0, 100], [np.nan, 400]], atol=0.02, equal_nan=True)
    assert found.fault.tolist() == [[0, 0], [5, 0]]
    assert TYPE_K.temperature_c([]).temperature_c.shape == (0,)
    assert TYPE_K.temperature_c(np.full(50_000, 4.096)).temperature_c == pytest.approx(100, abs=0.02)


def test_outside_the_reference_function_there_is_no_voltage():
    assert np.isnan(TYPE_J.emf_mv([-210.1, 1200.1, np.nan])).all()
    assert np.isnan(TYPE_J.emf_mv(100.0, [-211.0, np.nan])).all()
