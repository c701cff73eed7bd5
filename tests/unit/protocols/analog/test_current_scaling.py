"""From a current to what it stands for: check points, and what holds for every range."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.configuration import ConfigurationError
from integrations.protocols.analog import CurrentScaler, CurrentScaling

currents = st.floats(0, 24)
ranges = st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)).filter(lambda r: abs(r[0] - r[1]) > 1e-3)


def scaled(current_ma, **fields):
    return CurrentScaler([CurrentScaling(**fields)])([current_ma])[0]


def cut(value, **fields):
    return CurrentScaler([CurrentScaling(**fields)]).cut([value])[0]


@pytest.mark.parametrize(
    ("current_ma", "value"), [(4, 0), (8, 25), (12, 50), (16, 75), (20, 100), (3.8, -1.25), (20.5, 103.125)]
)
def test_linear_over_the_range_and_as_far_beyond_it_as_the_current_goes(current_ma, value):
    assert scaled(current_ma) == pytest.approx(value)


@pytest.mark.parametrize(("current_ma", "percent"), [(4.16, 10.0), (8, 50.0), (12, 70.71), (20, 100), (4, 0)])
def test_the_square_root_of_a_differential_pressure(current_ma, percent):
    assert scaled(current_ma, square_root=True) == pytest.approx(percent, abs=0.005)


def test_there_is_no_root_of_a_negative_differential_pressure():
    assert scaled(3.9, square_root=True) == 0.0


def test_another_range_of_current():
    assert scaled(10, current_min_ma=0, range_max=50) == pytest.approx(25)
    assert scaled(10, current_min_ma=0, current_max_ma=10, range_min=-10, range_max=10) == pytest.approx(10)


def test_nothing_stays_nothing():
    assert np.isnan(scaled(np.nan))
    assert np.isnan(scaled(np.nan, square_root=True))
    assert np.isnan(cut(np.nan, low_cutoff=5))


@pytest.mark.parametrize(
    ("value", "fields", "left"),
    [
        (0.9, {"low_cutoff": 1}, 0), (1.0, {"low_cutoff": 1}, 1), (-0.6, {"low_cutoff": 0}, 0),
        (-0.6, {}, -0.6), (-0.6, {"low_cutoff": 1, "range_min": -100}, 0),
        (-1.6, {"low_cutoff": 1, "range_min": -100}, -1.6), (-1.6, {"low_cutoff": 1}, 0),
    ],
)  # fmt: skip
def test_a_low_flow_is_cut_off(value, fields, left):
    assert cut(value, **fields) == left


def test_channels_are_scaled_each_by_its_own_and_rows_are_times():
    scaler = CurrentScaler([CurrentScaling(), CurrentScaling(range_max=16), CurrentScaling(square_root=True)])
    values = scaler([[4, 12, 8], [20, 20, 20]])
    assert values == pytest.approx(np.array([[0, 8, 50], [100, 16, 100]]))


@given(currents, ranges)
def test_the_inverse_gives_the_current_back(current_ma, limits):
    scaler = CurrentScaler([CurrentScaling(range_min=limits[0], range_max=limits[1])])
    assert scaler.currents(scaler([current_ma]))[0] == pytest.approx(current_ma, abs=1e-6)


@given(st.floats(4, 24))
def test_the_inverse_of_the_root_gives_the_current_back(current_ma):
    scaler = CurrentScaler([CurrentScaling(square_root=True)])
    assert scaler.currents(scaler([current_ma]))[0] == pytest.approx(current_ma, abs=1e-6)


@given(currents, currents, st.booleans())
def test_more_current_is_never_less_flow(one, other, square_root):
    low, high = sorted((one, other))
    assert scaled(low, square_root=square_root) <= scaled(high, square_root=square_root)


@given(st.floats(-10, 200), st.floats(0, 50))
def test_the_cut_off_leaves_nothing_below_it_and_all_above(value, cutoff):
    left = cut(value, low_cutoff=cutoff)
    assert left == (value if value >= cutoff else 0)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"current_min_ma": 20}, "current_min_ma must be below current_max_ma = 20, got 20"),
        ({"current_min_ma": -1}, "current_min_ma must be 0..24"),
        ({"range_max": 0}, "range_max must differ from range_min, got 0"),
        (
            {"range_min": 5, "square_root": True},
            "range_min must be 0 with square_root: no differential pressure is no flow, got 5.0",
        ),
        ({"low_cutoff": 100}, "low_cutoff must be inside the range, got 100"),
    ],
)
def test_a_scaling_that_cannot_be_says_why(fields, sentence):
    with pytest.raises(ConfigurationError) as caught:
        CurrentScaling(**fields)
    assert sentence in str(caught.value)
