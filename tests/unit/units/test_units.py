import contextlib
import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.protocols.hart.unit_codes import UNITS as HART_UNITS
from integrations.units import (
    IncompatibleUnitsError,
    PressureReference,
    UnknownUnitError,
    affine,
    compatible,
    parse_unit,
)


def convert(value, from_unit, to_unit, **how):
    scale, offset = affine(from_unit, to_unit, **how)
    return scale * value + offset


@pytest.mark.parametrize(
    ("value", "from_unit", "to_unit", "expected"),
    [
        (1000, "kg/h", "t/hr", 1.0),
        (1, "kg/s", "t/hr", 3.6),
        (1000, "lb/hr", "t/hr", 0.45359237),
        (1, "klb/h", "t/hr", 0.45359237),
        (1, "MT/h", "t/hr", 1.0),
        (1, "T/H", "t/hr", 1.0),
        (100, "psi", "bar", 6.894757293),
        (102.8, "psi", "bar", 7.0878105),
        (1, "kg/cm²", "bar", 0.980665),
        (1, "kg/cm2", "bar", 0.980665),
        (750.0616827, "mmHg", "bar", 1.0),
        (100, "kPa", "bar", 1.0),
        (1, "MPa", "bar", 10.0),
        (100, "inH2O", "kPa", 24.9089),
        (0, "C", "F", 32.0),
        (100, "°C", "°F", 212.0),
        (212, "degF", "degC", 100.0),
        (212, "deg_F", "deg_C", 100.0),
        (0, "kelvin", "C", -273.15),
        (50, "percent", "%", 50.0),
        (273.15, "K", "C", 0.0),
        (1, "MW", "kW", 1000.0),
        (1, "GJ", "kWh", 277.7777778),
        (1, "m3/h", "l/h", 1000.0),
        (1, "mS/cm", "µS/cm", 1000.0),
        (1, "mS/cm", "\u03bcS/cm", 1000.0),
        (50, "%", "", 0.5),
        (1, "t", "kg", 1000.0),
        (1, "kg/m3", "kg/m³", 1.0),
        (7, "pH", "pH", 7.0),
        (1, "kJ/kg/C", "kJ/kg/K", 1.0),
    ],
)
def test_units_convert_as_the_tables_say(value, from_unit, to_unit, expected):
    assert convert(value, from_unit, to_unit) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_round_numbers_stay_round():
    assert affine("C", "F") == (1.8, 32.0)
    assert affine("K", "°C") == (1.0, -273.15)
    assert affine("kg/h", "t/hr") == (0.001, 0.0)


@pytest.mark.parametrize("unit", ["barg", "BARG", "bar(g)", "bar g", "psig", "kPag", "kg/cm2g", "inH2Og"])
def test_a_mark_makes_a_pressure_gauge(unit):
    assert parse_unit(unit).reference is PressureReference.GAUGE


def test_gauge_becomes_absolute_by_the_barometer_of_the_site():
    assert convert(10, "barg", "bara") == pytest.approx(11.01325)
    assert convert(10, "barg", "bara", barometer_bar=0.845) == pytest.approx(10.845)
    assert convert(14.6959488, "psia", "psig") == pytest.approx(0.0, abs=1e-6)


def test_a_pressure_without_a_mark_has_the_reference_of_the_other_side():
    assert affine("barg", "bar") == affine("bara", "bar") == (1.0, 0.0)


def test_a_pressure_without_a_mark_has_the_reference_it_is_configured_with():
    assert convert(1, "bar", "bara", unmarked=PressureReference.GAUGE) == pytest.approx(2.01325)
    assert convert(1, "bar", "bara", unmarked=PressureReference.ABSOLUTE) == 1.0


def test_a_difference_of_pressures_is_no_pressure():
    with pytest.raises(IncompatibleUnitsError, match="'bar' to 'bara'"):
        affine("bar", "bara", unmarked=PressureReference.DIFFERENTIAL)
    assert convert(14.5037738, "psid", "bar") == pytest.approx(1.0)


@pytest.mark.parametrize(
    "unit", ["banana", "Nm4/h", "kgg", "tg", "kg**9", "10**10**10", "kg//h", "/h", "m4", "kg" * 50, "(kg)"]
)
def test_an_unknown_unit_is_named(unit):
    with pytest.raises(UnknownUnitError) as caught:
        parse_unit(unit)
    assert caught.value.unit == unit
    assert repr(unit) in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_a_unit_with_two_meanings_is_refused_with_advice():
    with pytest.raises(UnknownUnitError, match="short_ton or long_ton"):
        parse_unit("ton/h")


def test_letter_case_never_turns_milli_into_mega():
    assert affine("mW", "W").scale == pytest.approx(1e-3)
    assert affine("MW", "W").scale == pytest.approx(1e6)
    with pytest.raises(UnknownUnitError):
        parse_unit("mw")
    assert affine("KPA", "kPa") == (1.0, 0.0)


def test_incompatible_units_are_both_named():
    with pytest.raises(IncompatibleUnitsError, match="'kg/h' to 'bar'"):
        affine("kg/h", "bar")
    assert not compatible("t/hr", "m3/h")


@given(st.text(max_size=60))
def test_any_text_is_a_unit_or_the_one_error(text):
    with contextlib.suppress(UnknownUnitError):
        assert parse_unit(text).expression


FAMILIES = [
    ["t/hr", "kg/h", "kg/s", "lb/hr", "klb/h"],
    ["bar", "psi", "kPa", "MPa", "kg/cm2", "mmHg", "inH2O"],
    ["C", "F", "K"],
    ["kW", "MW", "Btu/h"],
]


@given(st.data(), st.floats(-1e6, 1e6))
def test_there_and_back_is_where_one_began(data, value):
    family = data.draw(st.sampled_from(FAMILIES))
    one, other = data.draw(st.sampled_from(family)), data.draw(st.sampled_from(family))
    there = convert(value, one, other)
    assert math.isclose(convert(there, other, one), value, rel_tol=1e-9, abs_tol=1e-6)


def test_pint_is_not_loaded_before_a_unit_is_converted():
    code = "import sys, integrations.units; sys.exit('pint' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("unit", sorted({unit for unit in HART_UNITS.values() if unit}))
def test_every_unit_that_a_hart_device_can_name_is_known(unit):
    assert affine(unit, unit) == (1.0, 0.0)


def test_normal_and_standard_volumes_are_none_that_a_factor_converts():
    assert affine("Nl/h", "Nm3/h") == (0.001, 0.0)
    for gas, volume in (("Nm3", "m3"), ("scf", "ft3"), ("Nm3", "scf")):
        with pytest.raises(IncompatibleUnitsError):
            affine(gas, volume)
