"""A thermometer's error must not turn steam into water."""

import numpy as np
import pytest

from integrations import steam
from integrations.steam import NotANumberError, SteamRangeError

TEN_BAR_GAUGE = 11.01325


def test_a_tenth_of_a_kelvin_at_saturation_is_a_hundredfold_density():
    assert steam.density_kg_m3(TEN_BAR_GAUGE, 184.1) == pytest.approx(882.6, abs=0.1)
    assert steam.density_kg_m3(TEN_BAR_GAUGE, 184.2) == pytest.approx(5.641, abs=1e-3)


@pytest.mark.parametrize("temperature_c", [183.7, 184.1, 184.2, 184.5])
def test_within_the_thermometers_uncertainty_steam_is_dry_saturated(temperature_c):
    saturated = steam.saturated_vapour_density_kg_m3(TEN_BAR_GAUGE)
    assert steam.vapour_density_kg_m3(TEN_BAR_GAUGE, temperature_c, 0.5) == saturated


def test_beyond_it_steam_is_superheated():
    density = steam.vapour_density_kg_m3(TEN_BAR_GAUGE, 250.0, 0.5)
    assert density == steam.density_kg_m3(TEN_BAR_GAUGE, 250.0)


def test_well_below_saturation_it_is_water_and_said_so():
    with pytest.raises(SteamRangeError, match=r"temperature_c=170: water, 14\.1 K below saturation"):
        steam.vapour_density_kg_m3(TEN_BAR_GAUGE, 170.0, 0.5)


def test_nan_does_not_pass_for_saturated():
    with pytest.raises(NotANumberError):
        steam.vapour_density_kg_m3(TEN_BAR_GAUGE, float("nan"), 0.5)


def test_arrays_mix_saturated_and_superheated_points():
    densities = steam.vapour_density_kg_m3(np.full(3, TEN_BAR_GAUGE), np.array([184.0, 184.2, 220.0]), 0.5)
    assert densities[0] == densities[1] > densities[2]
