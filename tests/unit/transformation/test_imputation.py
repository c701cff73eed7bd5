"""Each method fills gaps as its name says, no others, and none that are too long."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from integrations.transformation.errors import InvalidArgumentError, UnknownMethodError
from integrations.transformation.imputation import IMPUTATION_METHODS, impute
from integrations.transformation.seasons import season_of

NAN = float("nan")
values_with_gaps = arrays(
    np.float64, st.integers(0, 40), elements=st.one_of(st.just(NAN), st.floats(-1e6, 1e6), st.just(np.inf))
)


def filled(values, method, **more):
    return impute(np.array(values, np.float64), method, **more).value.tolist()


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("forward_fill", [pytest.approx(NAN, nan_ok=True), 1.0, 1.0, 1.0, 4.0, 10.0, 10.0]),
        ("backward_fill", [1.0, 1.0, 4.0, 4.0, 4.0, 10.0, pytest.approx(NAN, nan_ok=True)]),
        ("linear", [1.0, 1.0, 2.0, 3.0, 4.0, 10.0, 10.0]),
        ("mean", [5.0, 1.0, 5.0, 5.0, 4.0, 10.0, 5.0]),
        ("median", [4.0, 1.0, 4.0, 4.0, 4.0, 10.0, 4.0]),
    ],
)
def test_the_simple_methods(method, expected):
    assert filled([NAN, 1.0, NAN, NAN, 4.0, 10.0, NAN], method) == expected


def test_linear_reckons_in_time():
    time = np.array([0, 1, 10], np.int64)
    assert filled([0.0, NAN, 10.0], "linear", time=time) == [0.0, 1.0, 10.0]


def test_a_polynomial_follows_a_curve_that_a_line_cuts():
    place = np.arange(12.0)
    curve = 0.5 * place**3 - 2 * place**2 + place
    holes = curve.copy()
    holes[[3, 6, 7]] = np.nan
    assert impute(holes, "polynomial").value == pytest.approx(curve)
    assert np.abs(impute(holes, "linear").value - curve).max() > 1
    uneven = np.array([0, 1, 2, 3, 5, 8, 9, 12, 13, 17, 18, 20], np.int64)
    curve = 0.1 * uneven.astype(float) ** 2
    holes = curve.copy()
    holes[[4, 5]] = np.nan
    assert impute(holes, "polynomial", time=uneven).value == pytest.approx(curve)


@pytest.mark.parametrize("period", [24, None])
def test_seasonal_knows_the_season_given_or_found(period):
    hours = np.arange(24 * 14)
    chance = np.random.default_rng(8)
    day = 20 + 5 * np.sin(2 * np.pi * hours / 24) + 0.02 * hours + chance.normal(0, 0.1, hours.size)
    holes = day.copy()
    holes[100:116] = np.nan
    found = impute(holes, "seasonal", period=period)
    assert not found.note
    assert np.abs(found.value - day)[100:116].max() < 0.8
    assert np.abs(impute(holes, "linear").value - day)[100:116].max() > 3


def test_where_there_is_no_season_the_result_says_so():
    found = impute(np.array([1.0, NAN, 3.0]), "seasonal")
    assert found.value.tolist() == [1.0, 2.0, 3.0]
    assert "no season found" in found.note
    noise = np.random.default_rng(0).normal(0, 1, 500)
    assert season_of(noise, np.arange(500.0)) == "no season found"


@settings(max_examples=100)
@given(values_with_gaps, st.sampled_from(list(IMPUTATION_METHODS)), st.integers(0, 5))
def test_what_was_measured_stays_and_long_gaps_stay_open(values, method, max_gap):
    result = impute(values, method, max_gap=max_gap)
    measured = np.isfinite(values)
    assert (result.value[measured] == values[measured]).all()
    assert not (result.filled & measured).any()
    assert np.isfinite(result.value[result.filled]).all()
    run = 0
    for missing, was_filled in zip(~measured, result.filled, strict=True):
        run = run + 1 if missing else 0
        assert run <= max_gap or not was_filled


@settings(max_examples=100)
@given(values_with_gaps, st.sampled_from(["forward_fill", "linear", "mean", "median"]))
def test_estimates_stay_within_what_was_measured(values, method):
    result = impute(values, method)
    measured = values[np.isfinite(values)]
    if result.filled.any():
        slack = 1e-9 * (1 + np.abs(measured).max())
        assert result.value[result.filled].min() >= measured.min() - slack
        assert result.value[result.filled].max() <= measured.max() + slack


@pytest.mark.parametrize("method", IMPUTATION_METHODS)
@pytest.mark.parametrize("values", [[], [NAN], [NAN, NAN], [5.0], [5.0, NAN, NAN]])
def test_little_data_breaks_no_method(method, values):
    result = impute(np.array(values), method)
    assert result.value.size == len(values)
    assert np.isnan(result.value).all() or result.value[0] == 5.0


def test_two_values_at_one_time_break_no_method():
    time = np.array([0, 0, 0, 5, 5, 5, 9], np.int64)
    values = np.array([1.0, 1.0, NAN, NAN, 2.0, 2.0, 3.0])
    for method in IMPUTATION_METHODS:
        assert np.isfinite(impute(values, method, time=time).value[2:4]).all(), method


def test_what_cannot_be_meant_is_refused_by_name():
    values = np.array([1.0, NAN])
    with pytest.raises(UnknownMethodError, match=r"'spline'.*forward_fill.*seasonal"):
        impute(values, "spline")
    with pytest.raises(InvalidArgumentError, match="max_gap"):
        impute(values, max_gap=-1)
    with pytest.raises(InvalidArgumentError, match="period"):
        impute(values, "seasonal", period=1)
    with pytest.raises(InvalidArgumentError, match="time"):
        impute(values, time=np.array([1], np.int64))
