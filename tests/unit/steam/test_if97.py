"""IF97 against its own verification tables, against CoolProp, and against anchors of practice."""

from contextlib import suppress

import numpy as np
import pytest
from CoolProp.CoolProp import PropsSI
from hypothesis import given
from hypothesis import strategies as st

from integrations import steam
from integrations.steam import NotANumberError, SteamError, SteamRangeError

KELVIN = 273.15

VERIFICATION_POINTS = [  # IAPWS R7-97(2012) tables 5, 15 and 42: T in K, p in MPa, v in m³/kg, h in kJ/kg
    (300, 3, 0.100215168e-2, 0.115331273e3),
    (300, 80, 0.971180894e-3, 0.184142828e3),
    (500, 3, 0.120241800e-2, 0.975542239e3),
    (300, 0.0035, 0.394913866e2, 0.254991145e4),
    (700, 0.0035, 0.923015898e2, 0.333568375e4),
    (700, 30, 0.542946619e-2, 0.263149474e4),
    (1500, 0.5, 0.138455090e1, 0.521976855e4),
    (1500, 30, 0.230761299e-1, 0.516723514e4),
    (2000, 30, 0.311385219e-1, 0.657122604e4),
]


@pytest.mark.parametrize(("kelvin", "mpa", "volume", "enthalpy"), VERIFICATION_POINTS)
def test_density_and_enthalpy_meet_the_verification_tables(kelvin, mpa, volume, enthalpy):
    assert steam.density_kg_m3(mpa * 10, kelvin - KELVIN) == pytest.approx(1 / volume, rel=2e-8)
    assert steam.enthalpy_kj_kg(mpa * 10, kelvin - KELVIN) == pytest.approx(enthalpy, rel=2e-8)


@pytest.mark.parametrize(("kelvin", "mpa"), [(300, 0.00353658941), (500, 2.63889776), (600, 12.3443146)])
def test_saturation_pressure_meets_table_35(kelvin, mpa):
    assert steam.saturation_pressure_bar(kelvin - KELVIN) == pytest.approx(mpa * 10, rel=1e-8)


@pytest.mark.parametrize(("mpa", "kelvin"), [(0.1, 372.755919), (1.0, 453.035632), (10.0, 584.149488)])
def test_saturation_temperature_meets_table_36(mpa, kelvin):
    assert steam.saturation_temperature_c(mpa * 10) == pytest.approx(kelvin - KELVIN, abs=1e-6)


def test_ten_bar_absolute_is_where_practice_knows_it():
    assert steam.saturation_temperature_c(10.0) == pytest.approx(179.886, abs=5e-4)
    assert steam.saturated_liquid_enthalpy_kj_kg(10.0) == pytest.approx(762.683, abs=5e-3)
    assert steam.saturated_vapour_enthalpy_kj_kg(10.0) == pytest.approx(2777.12, abs=5e-3)
    assert steam.saturated_vapour_density_kg_m3(10.0) == pytest.approx(5.145, abs=5e-4)


@given(st.floats(0.01, 200.0))
def test_saturated_properties_agree_with_coolprop(pressure_bar):
    def oracle(output, vapour_fraction):
        return PropsSI(output, "P", pressure_bar * 1e5, "Q", vapour_fraction, "IF97::Water")

    assert steam.saturation_temperature_c(pressure_bar) == pytest.approx(oracle("T", 0) - KELVIN, abs=1e-4)
    for function, output, vapour_fraction in [
        (steam.saturated_vapour_density_kg_m3, "D", 1),
        (steam.saturated_liquid_density_kg_m3, "D", 0),
        (lambda pressure_bar: steam.saturated_vapour_enthalpy_kj_kg(pressure_bar) * 1e3, "H", 1),
        (lambda pressure_bar: steam.saturated_liquid_enthalpy_kj_kg(pressure_bar) * 1e3, "H", 0),
    ]:
        assert function(pressure_bar) == pytest.approx(oracle(output, vapour_fraction), rel=2e-4)


@given(st.floats(0.1, 150.0), st.floats(1.0, 300.0))
def test_superheated_steam_agrees_with_iapws_95_within_two_permille(pressure_bar, superheat_k):
    temperature_c = steam.saturation_temperature_c(pressure_bar) + superheat_k
    expected = PropsSI("D", "P", pressure_bar * 1e5, "T", temperature_c + KELVIN, "HEOS::Water")
    assert steam.density_kg_m3(pressure_bar, temperature_c) == pytest.approx(expected, rel=2e-3)


@given(st.floats(0.01, 220.0))
def test_saturation_goes_there_and_back(pressure_bar):
    there = steam.saturation_temperature_c(pressure_bar)
    assert steam.saturation_pressure_bar(there) == pytest.approx(pressure_bar, rel=1e-7)


def test_arrays_go_in_and_come_out_and_broadcast():
    pressures = np.array([[2.0, 10.0], [20.0, 50.0]])
    densities = steam.saturated_vapour_density_kg_m3(pressures)
    assert densities.dtype == np.float64
    assert densities[0, 1] == steam.saturated_vapour_density_kg_m3(10.0)
    assert steam.density_kg_m3(pressures, np.array([300.0, 350.0])).shape == (2, 2)
    assert steam.saturation_temperature_c(np.array([])).shape == (0,)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: steam.density_kg_m3(-1.0, 200.0),
            "^density_kg_m3 at pressure_bar=-1, temperature_c=200: ",
        ),
        (
            lambda: steam.enthalpy_kj_kg(10.0, 2500.0),
            r"enthalpy_kj_kg .* temperature_c=2500: the temperature",
        ),
        (lambda: steam.density_kg_m3(float("inf"), 200.0), "pressure_bar=inf"),
        (
            lambda: steam.saturation_temperature_c(221.0),
            "^temperature_c at pressure_bar=221: there is no",
        ),
        (lambda: steam.saturation_temperature_c(0.0), "pressure_bar=0"),
        (lambda: steam.saturation_pressure_bar(374.5), r"pressure_bar at temperature_c=374\.5"),
        (lambda: steam.saturated_vapour_density_kg_m3(np.array([10.0, -3.0])), "pressure_bar=-3"),
    ],
)
def test_what_is_out_of_range_is_named_with_its_value(call, words):
    with pytest.raises(SteamRangeError, match=words):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: steam.density_kg_m3(float("nan"), 200.0),
        lambda: steam.enthalpy_kj_kg(10.0, float("nan")),
        lambda: steam.saturation_temperature_c(float("nan")),
        lambda: steam.saturation_pressure_bar(float("nan")),
        lambda: steam.saturated_liquid_density_kg_m3(np.array([10.0, float("nan")])),
    ],
)
def test_nan_is_an_error_and_never_a_result(call):
    with pytest.raises(NotANumberError, match=r"nan.*not a number"):
        call()


@given(st.floats(allow_nan=True, allow_infinity=True), st.floats(allow_nan=True, allow_infinity=True))
def test_any_two_numbers_give_a_density_or_a_steam_error(pressure_bar, temperature_c):
    with suppress(SteamError):
        assert 0.0 < steam.density_kg_m3(pressure_bar, temperature_c) < 2000.0


def test_every_error_of_this_room_is_a_value_error():
    assert issubclass(SteamRangeError, SteamError)
    assert issubclass(SteamError, ValueError)
