"""Platinum sensors against IEC 60751: its table's check points, its limits, and the way back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.thermometry import PT100, PT1000, PlatinumSensor, SensorFault

CHECK_POINTS = [  # IEC 60751:2022, table 1: Pt100
    (-200, 18.52), (-100, 60.26), (0, 100.00), (50, 119.40), (100, 138.51), (200, 175.86), (250, 194.10),
    (400, 247.09), (850, 390.48),
]  # fmt: skip
TEMPERATURES = st.floats(-200, 850)


@pytest.mark.parametrize(("temperature", "ohms"), CHECK_POINTS)
def test_the_check_points_of_the_standard_both_ways(temperature, ohms):
    assert PT100.resistance_ohm(temperature) == pytest.approx(ohms, abs=0.005)
    assert PT1000.resistance_ohm(temperature) == pytest.approx(10 * ohms, abs=0.05)
    found = PT100.temperature_c(ohms)
    assert found.fault == SensorFault.NONE
    assert found.temperature_c == pytest.approx(temperature, abs=0.005 / 0.29)
    assert PT1000.temperature_c(10 * ohms).temperature_c == pytest.approx(temperature, abs=0.005 / 0.29)


@given(TEMPERATURES)
def test_there_and_back_is_exact(temperature):
    for sensor in (PT100, PT1000, PlatinumSensor(500.0)):
        back = sensor.temperature_c(sensor.resistance_ohm(temperature))
        assert back.fault == SensorFault.NONE
        assert back.temperature_c == pytest.approx(temperature, abs=1e-9)


@given(TEMPERATURES, TEMPERATURES)
def test_more_heat_is_more_resistance(one, other):
    one, other = sorted((one, other))
    if other - one > 1e-9:
        assert PT100.resistance_ohm(one) < PT100.resistance_ohm(other)


def test_the_two_formulas_meet_at_zero():
    ohms = np.nextafter(100.0, [0.0, 200.0])
    assert np.abs(PT100.temperature_c(ohms).temperature_c).max() < 1e-12


@pytest.mark.parametrize(
    ("ohms", "fault"),
    [
        (18.516, SensorFault.NONE),
        (18.50, SensorFault.BELOW_RANGE),
        (10.0, SensorFault.BELOW_RANGE),
        (9.99, SensorFault.SHORT_CIRCUIT),
        (0.0, SensorFault.SHORT_CIRCUIT),
        (-0.2, SensorFault.SHORT_CIRCUIT),
        (390.486, SensorFault.NONE),
        (390.50, SensorFault.ABOVE_RANGE),
        (400.0, SensorFault.ABOVE_RANGE),
        (400.1, SensorFault.OPEN_CIRCUIT),
        (6553.5, SensorFault.OPEN_CIRCUIT),
        (np.inf, SensorFault.OPEN_CIRCUIT),
        (np.nan, SensorFault.NO_VALUE),
    ],
)
def test_what_no_sensor_has_is_a_fault_and_no_number(ohms, fault):
    for sensor, factor in ((PT100, 1), (PT1000, 10)):
        found = sensor.temperature_c(ohms * factor)
        assert found.fault == fault
        assert np.isnan(found.temperature_c) == (fault is not SensorFault.NONE)


def test_the_ends_are_the_ends():
    assert PT100.temperature_c([18.516, 390.486]).temperature_c == pytest.approx([-200, 850], abs=1e-9)


def test_arrays_keep_their_shape_and_each_value_its_own_fault():
    found = PT100.temperature_c([[100.0, np.nan, 0.0], [60.2558, 138.5055, 500.0]])
    np.testing.assert_allclose(
        found.temperature_c, [[0, np.nan, np.nan], [-100, 100, np.nan]], atol=1e-3, equal_nan=True
    )
    assert found.fault.tolist() == [[0, 5, 2], [0, 0, 1]]


def test_no_temperature_no_resistance():
    assert np.isnan(PT100.resistance_ohm([-200.1, 850.1, np.nan])).all()
    assert PT100.temperature_c([]).temperature_c.shape == (0,)
