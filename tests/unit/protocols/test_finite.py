"""Numbers that are none are found among any others, however large."""

import math

import numpy as np
import pytest

from integrations.protocols.finite import all_finite

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize("values", [[], [0.0], [1.0, -2.5], [1e308, -1e308], [5e-324, 1e200]])
def test_numbers_are_finite_also_where_their_squares_are_not(values):
    assert all_finite(np.array(values, np.float64))


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("others", [[], [1.0, 2.0], [1e308], [math.inf, -math.inf]])
def test_one_that_is_none_is_found_wherever_it_stands(odd, others):
    assert not all_finite(np.array([*others, odd]))
    assert not all_finite(np.array([odd, *others]))
