"""Constraints that are not linear: solved to their own tolerance, or said to have no solution."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.balances import Constraints, NotConvergedError, reconcile, solve


def power(x):
    """x0 · x1 = x2, as flow times enthalpy is power."""
    flow, heat, _ = x
    return Constraints.of([[heat, flow, -1.0]], [flow * heat])


def test_linear_constraints_are_solved_as_they_are():
    linear = Constraints.of([[1.0, -1.0, -1.0]])
    direct = reconcile(linear, [10.0, 6.0, 3.0], np.ones(3))
    found = solve(lambda x: linear, [10.0, 6.0, 3.0], np.ones(3), np.zeros(3))
    assert found.values == pytest.approx(direct.values)


@given(st.floats(1.0, 50.0), st.floats(100.0, 3000.0), st.floats(-0.05, 0.05))
def test_a_product_closes(flow, heat, wrong):
    values = np.array([flow, heat, flow * heat * (1.0 + wrong)])
    found = solve(power, values, 0.02 * values, np.zeros(3))
    assert found.values[0] * found.values[1] == pytest.approx(found.values[2], rel=1e-6)


def test_what_is_not_measured_is_found_from_a_poor_start():
    found = solve(power, [np.nan, 2000.0, 20_000.0], [1.0, 10.0, 100.0], [1.0, 0.0, 0.0])
    assert found.values[0] == pytest.approx(10.0)
    assert found.uncertainties[0] == pytest.approx(10.0 * np.hypot(0.005, 0.005))


def test_no_solution_is_an_error():
    def never(x):  # x² = -1
        return Constraints.of([[2.0 * x[0]]], [x[0] ** 2 - 1.0])

    with pytest.raises(NotConvergedError):
        solve(never, [np.nan], [1.0], [3.0])
