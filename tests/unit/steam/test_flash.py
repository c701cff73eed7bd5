"""Flash steam by enthalpies, never by a rule of thumb."""

from contextlib import suppress

import numpy as np
import pytest
from CoolProp.CoolProp import PropsSI
from hypothesis import given
from hypothesis import strategies as st

from integrations import steam
from integrations.steam import FlashError, NotANumberError, SteamError, SubcooledError

ANCHORS = [
    (5.0, 0.0, 0.1116),
    (10.0, 0.0, 0.1606),
    (7.0, 0.0, 0.1340),
    (10.0, 1.0, 0.1253),
    (4.0, 1.0, 0.0614),
]


@pytest.mark.parametrize(("upstream", "downstream", "fraction"), ANCHORS)
def test_fractions_of_practice_are_met(upstream, downstream, fraction):
    assert steam.flash_fraction_from_gauge(upstream, downstream) == pytest.approx(fraction, abs=5e-5)


def test_gauge_is_absolute_less_the_sites_barometer():
    high_up = steam.flash_fraction_from_gauge(5.0, 0.0, barometer_bar=0.845)
    assert high_up == steam.flash_fraction(5.845, 0.845)
    assert high_up != pytest.approx(steam.flash_fraction_from_gauge(5.0, 0.0), rel=0.02)


@given(st.floats(0.05, 150.0), st.floats(1e-6, 0.99))
def test_fractions_agree_with_coolprop(upstream_bar, fall):
    downstream_bar = max(0.01, upstream_bar * (1 - fall))
    enthalpy = PropsSI("H", "P", upstream_bar * 1e5, "Q", 0, "HEOS::Water")
    liquid, vapour = (PropsSI("H", "P", downstream_bar * 1e5, "Q", q, "HEOS::Water") for q in (0, 1))
    expected = (enthalpy - liquid) / (vapour - liquid)
    assert steam.flash_fraction(upstream_bar, downstream_bar) == pytest.approx(expected, abs=5e-4)


def test_colder_condensate_flashes_less_as_coolprop_says():
    enthalpy = PropsSI("H", "P", 6.01325e5, "T", 140 + 273.15, "HEOS::Water")
    expected = PropsSI("Q", "P", 1.01325e5, "H", enthalpy, "HEOS::Water")
    measured = steam.flash_fraction_from_gauge(5.0, 0.0, 140.0)
    assert measured == pytest.approx(expected, abs=1e-4)
    assert 0 < measured < steam.flash_fraction_from_gauge(5.0, 0.0)


def test_condensate_at_saturation_is_boiling_water_whatever_the_thermometers_last_tenth():
    boiling_c = steam.saturation_temperature_c(6.0)
    assert steam.flash_fraction(6.0, 1.0, boiling_c + 0.9) == steam.flash_fraction(6.0, 1.0)
    assert steam.flash_fraction(6.0, 1.0, boiling_c - 0.1) == pytest.approx(
        steam.flash_fraction(6.0, 1.0), abs=3e-4
    )


def test_without_a_fall_nothing_flashes():
    assert steam.flash_fraction(6.0, 6.0) == 0.0


@pytest.mark.parametrize(
    ("upstream", "downstream", "temperature", "error", "words"),
    [
        (3.0, 4.0, None, FlashError, "upstream_bar=3 to downstream_bar=4: the pressure must not rise"),
        (3.0, -0.5, None, FlashError, "downstream_bar=-0.5: .*no saturation"),
        (230.0, 1.0, None, FlashError, "upstream_bar=230.*no saturation"),
        (6.0, 1.0, 170.0, FlashError, "condensate_temperature_c=170: 11.2 K above saturation it is steam"),
        (
            6.0,
            1.0,
            92.0,
            SubcooledError,
            "condensate_temperature_c=92: nothing flashes, water boils at 99.606",
        ),
        (6.0, 1.0, -5.0, SteamError, "condensate_temperature_c=-5"),
        (float("nan"), 1.0, None, NotANumberError, "nan"),
        (6.0, 1.0, float("nan"), NotANumberError, "nan"),
    ],
)
def test_what_is_outside_saturation_is_an_error_that_names_it(
    upstream, downstream, temperature, error, words
):
    with pytest.raises(error, match=words):
        steam.flash_fraction(upstream, downstream, temperature)


@given(*[st.floats(allow_nan=True, allow_infinity=True)] * 2, st.none() | st.floats())
def test_any_numbers_give_a_fraction_or_a_steam_error(upstream, downstream, temperature):
    with suppress(SteamError):
        assert 0.0 <= steam.flash_fraction(upstream, downstream, temperature) < 1.0


def test_arrays_say_what_their_elements_say():
    upstream, downstream, expected = np.array(ANCHORS).T
    assert steam.flash_fraction_from_gauge(upstream, downstream) == pytest.approx(expected, abs=5e-5)
    assert steam.flash_fraction(np.array([6.0, 8.0]), 1.0)[1] == steam.flash_fraction(8.0, 1.0)
    measured = steam.flash_fraction(6.0, 1.0, np.array([120.0, 140.0]))
    assert measured.tolist() == [steam.flash_fraction(6.0, 1.0, each) for each in (120.0, 140.0)]
    with pytest.raises(FlashError, match="downstream_bar=9"):
        steam.flash_fraction(np.array([6.0, 8.0]), np.array([1.0, 9.0]))
