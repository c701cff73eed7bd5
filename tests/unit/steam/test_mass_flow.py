"""Every kind of meter ends in tonnes per hour."""

import numpy as np
import pytest

from integrations import steam
from integrations.steam import SteamRangeError

DENSITY = 5.145


def test_volume_becomes_mass_by_density():
    assert steam.mass_flow_from_volume_t_hr(2000.0, DENSITY) == pytest.approx(10.29)


def test_velocity_becomes_mass_by_pipe_and_density():
    volume = 30.0 * np.pi / 4 * 0.1541**2 * 3600
    assert steam.mass_flow_from_velocity_t_hr(30.0, DENSITY, 0.1541) == pytest.approx(volume * DENSITY / 1000)


def test_power_becomes_mass_by_enthalpy_above_its_reference():
    assert steam.mass_flow_from_power_t_hr(2777.12, 2777.12) == pytest.approx(3.6)
    assert steam.mass_flow_from_power_t_hr(2777.12 - 419.1, 2777.12, 419.1) == pytest.approx(3.6)


def test_a_vortex_follows_density_and_an_orifice_its_root():
    assert steam.vortex_compensation(4.5, 5.0) == pytest.approx(0.9)
    assert steam.differential_pressure_compensation(4.5, 5.0) == pytest.approx(0.9**0.5)


def test_arrays_go_in_and_out_and_nan_stays_nan():
    flows = steam.mass_flow_from_volume_t_hr(np.array([1000.0, np.nan]), np.array([5.0, 5.0]))
    assert flows[0] == 5.0
    assert np.isnan(flows[1])
    assert np.isnan(steam.vortex_compensation(float("nan"), 5.0))
    assert steam.differential_pressure_compensation(np.array([5.0, 20.0]), 5.0).tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: steam.mass_flow_from_volume_t_hr(1.0, np.array([5.0, -2.0])),
            "density_kg_m3 must be above 0, got -2",
        ),
        (lambda: steam.mass_flow_from_velocity_t_hr(1.0, 5.0, 0.0), "pipe_diameter_m must be above 0, got 0"),
        (
            lambda: steam.mass_flow_from_power_t_hr(1.0, 100.0, 400.0),
            "above reference_enthalpy_kj_kg must be above 0, got -300",
        ),
        (lambda: steam.vortex_compensation(5.0, 0.0), "design_density_kg_m3 must be above 0, got 0"),
    ],
)
def test_what_no_steam_and_no_pipe_has_is_named(call, words):
    with pytest.raises(SteamRangeError, match=words):
        call()
