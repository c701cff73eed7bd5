"""A thermometer's error must not turn steam into water."""

import numpy as np
import pytest
from CoolProp.CoolProp import PropsSI
from hypothesis import given
from hypothesis import strategies as st

from integrations import steam
from integrations.steam import NotANumberError, SteamPhase, SteamRangeError

TEN_BAR_GAUGE = 11.01325


def test_a_tenth_of_a_kelvin_at_saturation_is_a_hundredfold_density():
    assert steam.density_kg_m3(TEN_BAR_GAUGE, 184.1) == pytest.approx(882.6, abs=0.1)
    assert steam.density_kg_m3(TEN_BAR_GAUGE, 184.2) == pytest.approx(5.641, abs=1e-3)


@pytest.mark.parametrize("temperature_c", [183.7, 184.1, 184.2, 184.5])
def test_within_the_thermometers_uncertainty_steam_is_dry_saturated(temperature_c):
    state = steam.steam_state(TEN_BAR_GAUGE, temperature_c, 0.5)
    assert state.phase is SteamPhase.SATURATED
    assert state.density_kg_m3 == steam.saturated_vapour_density_kg_m3(TEN_BAR_GAUGE)
    assert state.enthalpy_kj_kg == steam.saturated_vapour_enthalpy_kj_kg(TEN_BAR_GAUGE)


def test_beyond_it_steam_is_superheated():
    state = steam.steam_state(TEN_BAR_GAUGE, 250.0, 0.5)
    assert state.phase is SteamPhase.SUPERHEATED
    assert state.superheat_k == pytest.approx(65.88, abs=0.01)
    assert state.density_kg_m3 == steam.density_kg_m3(TEN_BAR_GAUGE, 250.0)
    assert state.enthalpy_kj_kg == steam.enthalpy_kj_kg(TEN_BAR_GAUGE, 250.0)


def test_well_below_saturation_steam_is_flagged_and_never_as_dense_as_water():
    state = steam.steam_state(TEN_BAR_GAUGE, 170.0, 0.5)
    assert state.phase is SteamPhase.SUBSATURATED
    assert state.superheat_k == pytest.approx(-14.12, abs=0.01)
    assert state.density_kg_m3 == steam.saturated_vapour_density_kg_m3(TEN_BAR_GAUGE)


def test_a_doubtful_pressure_widens_the_band_along_the_saturation_line():
    saturation_c = steam.saturation_temperature_c(2.0)
    slope = (steam.saturation_temperature_c(2.01) - steam.saturation_temperature_c(1.99)) / 0.02
    temperature_c = saturation_c - 0.9 * 0.1 * slope
    assert steam.steam_state(2.0, temperature_c, 0.0).phase is SteamPhase.SUBSATURATED
    assert steam.steam_state(2.0, temperature_c, 0.0, 0.1).phase is SteamPhase.SATURATED
    assert steam.steam_state(2.0, saturation_c - 1.1 * 0.1 * slope, 0.0, 0.1).phase is SteamPhase.SUBSATURATED


@pytest.mark.parametrize(
    ("pressure_bar", "temperature_c", "error", "words"),
    [
        (TEN_BAR_GAUGE, float("nan"), NotANumberError, "temperature_c is not a number"),
        (float("nan"), 184.0, NotANumberError, "pressure_bar=nan"),
        (0.0, 184.0, SteamRangeError, "pressure_bar=0: there is no saturation"),
        (230.0, 400.0, SteamRangeError, "pressure_bar=230: there is no saturation"),
        (TEN_BAR_GAUGE, -242.0, SteamRangeError, "temperature_c must be at least 0, got -242"),
        (TEN_BAR_GAUGE, 2500.0, SteamRangeError, "temperature_c=2500"),
    ],
)
def test_what_cannot_be_steam_is_an_error_that_names_it(pressure_bar, temperature_c, error, words):
    with pytest.raises(error, match=words):
        steam.steam_state(pressure_bar, temperature_c, 0.5)


@given(st.floats(0.5, 200.0), st.floats(-30.0, 200.0))
def test_density_is_always_a_vapours_and_agrees_with_coolprop(pressure_bar, superheat_k):
    saturated = PropsSI("D", "P", pressure_bar * 1e5, "Q", 1, "HEOS::Water")
    state = steam.steam_state(pressure_bar, steam.saturation_temperature_c(pressure_bar) + superheat_k, 0.5)
    assert state.density_kg_m3 <= saturated * 1.005
    if state.phase is not SteamPhase.SUPERHEATED:
        assert state.density_kg_m3 == pytest.approx(saturated, rel=5e-3)


def test_arrays_say_what_their_elements_say():
    pressures = np.array([[TEN_BAR_GAUGE], [2.0]])
    temperatures = np.array([170.0, 184.0, 220.0])
    states = steam.steam_states(pressures, temperatures, 0.5)
    assert states.density_kg_m3.shape == states.phase.shape == (2, 3)
    for at in np.ndindex(2, 3):
        one = steam.steam_state(float(pressures[at[0], 0]), float(temperatures[at[1]]), 0.5)
        assert tuple(column[at] for column in states) == tuple(one)
    assert states.phase[0].tolist() == [SteamPhase.SUBSATURATED, SteamPhase.SATURATED, SteamPhase.SUPERHEATED]


def test_no_points_have_no_states():
    states = steam.steam_states(np.array([]), np.array([]), 0.5)
    assert [column.shape for column in states] == [(0,)] * 4
