"""Gauge pressure is nothing without the barometer."""

import numpy as np
import pytest

from integrations import steam


def test_gauge_and_absolute_differ_by_the_barometer():
    assert steam.absolute_pressure_bar(10.0) == pytest.approx(11.01325)
    assert steam.absolute_pressure_bar(10.0, 0.845) == pytest.approx(10.845)
    assert steam.gauge_pressure_bar(steam.absolute_pressure_bar(7.5, 0.9), 0.9) == pytest.approx(7.5)
    assert steam.absolute_pressure_bar(np.array([0.0, 1.0])).tolist() == pytest.approx([1.01325, 2.01325])


def test_a_site_at_altitude_shifts_density_by_eight_percent_at_one_bar_gauge():
    sea, altitude = (
        steam.saturated_vapour_density_kg_m3(steam.absolute_pressure_bar(1.0, barometer))
        for barometer in (steam.STANDARD_ATMOSPHERE_BAR, 0.845)
    )
    assert altitude / sea == pytest.approx(0.92, abs=0.005)
