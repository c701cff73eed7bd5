"""Reconciliation: the published example, what must hold for any network, and what nothing determines."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.networks import EXAMPLE, EXAMPLE_VALUES, networks
from integrations.balances import BalanceError, Constraints, reconcile


def textbook(matrix, values, sigma):
    variances = np.diag(sigma**2)
    gain = variances @ matrix.T @ np.linalg.inv(matrix @ variances @ matrix.T)
    return values - gain @ matrix @ values


def test_the_published_example():
    found = reconcile(EXAMPLE, EXAMPLE_VALUES, np.ones(6))
    assert found.values == pytest.approx([100.22, 64.50, 35.72, 64.50, 35.72, 100.22], abs=0.005)
    assert (found.statistic, found.degrees) == (pytest.approx(6.41, abs=0.005), 4)


def test_uncertainties_shrink_as_the_textbook_says():
    found = reconcile(EXAMPLE, EXAMPLE_VALUES, np.ones(6))
    matrix = EXAMPLE.matrix
    after = np.eye(6) - matrix.T @ np.linalg.inv(matrix @ matrix.T) @ matrix
    assert found.uncertainties == pytest.approx(np.sqrt(np.diag(after)))


def test_a_constraint_with_a_constant():
    found = reconcile(Constraints.of([[1.0, -1.0]], [0.5]), [10.0, 9.0], [1.0, 1.0])
    assert found.values == pytest.approx([9.75, 9.25])


def test_a_constraint_said_twice_counts_once():
    once = reconcile(EXAMPLE, EXAMPLE_VALUES, np.ones(6))
    rows = np.vstack([EXAMPLE.matrix, 3.0 * EXAMPLE.matrix[0], EXAMPLE.matrix[:2].sum(axis=0)])
    again = reconcile(Constraints.of(rows), EXAMPLE_VALUES, np.ones(6))
    assert again.degrees == once.degrees
    assert again.values == pytest.approx(once.values)
    assert again.statistic == pytest.approx(once.statistic)


def test_what_is_not_measured_is_worked_out_with_its_uncertainty():
    found = reconcile(Constraints.of([[1.0, -1.0, -1.0]]), [10.0, np.nan, 4.0], [0.3, 1.0, 0.4])
    assert found.values == pytest.approx([10.0, 6.0, 4.0])
    assert found.uncertainties == pytest.approx([0.3, 0.5, 0.4])
    assert found.degrees == 0
    assert not found.checked.any()


def test_what_nothing_determines_has_no_value():
    found = reconcile(Constraints.of([[1.0, -1.0, -1.0]]), [10.0, np.nan, np.nan], np.ones(3))
    assert found.observable.tolist() == [True, False, False]
    assert np.isnan(found.uncertainties).tolist() == [False, True, True]


def test_a_meter_that_nothing_checks_stays_as_it_is():
    constraints = Constraints.of([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]])
    found = reconcile(constraints, [10.0, 9.0, 5.0, np.nan], np.ones(4))
    assert found.checked.tolist() == [True, True, False, False]
    assert found.values == pytest.approx([9.5, 9.5, 5.0, 5.0])
    assert found.uncertainties[2:] == pytest.approx([1.0, 1.0])


def test_nothing_measured_nothing_known():
    found = reconcile(EXAMPLE, [np.nan] * 6, np.ones(6))
    assert not found.observable.any()
    assert (found.statistic, found.degrees) == (0.0, 0)


def test_no_constraints_change_nothing():
    found = reconcile(Constraints.of(np.zeros((0, 2))), [1.0, 2.0], [1.0, 1.0])
    assert found.values.tolist() == [1.0, 2.0]


@given(networks())
def test_balances_close_as_the_textbook_closes_them(network):
    constraints, true, sigma, noise = network
    found = reconcile(constraints, true + sigma * noise, sigma)
    scale = np.abs(found.values).max()
    assert constraints.matrix @ found.values == pytest.approx(
        np.zeros(len(constraints.matrix)), abs=1e-9 * scale
    )
    expected = textbook(constraints.matrix, true + sigma * noise, sigma)
    assert found.values == pytest.approx(expected, abs=1e-7 * scale)
    assert (found.uncertainties <= sigma * (1 + 1e-9)).all()


@given(networks())
def test_measurements_that_balance_are_left_alone(network):
    constraints, true, sigma, _ = network
    found = reconcile(constraints, true, sigma)
    assert found.values == pytest.approx(true, rel=1e-9)
    assert found.statistic == pytest.approx(0.0, abs=1e-9)


@given(networks(), st.randoms())
def test_the_order_of_streams_and_nodes_does_not_matter(network, random):
    constraints, true, sigma, noise = network
    order, rows = list(range(len(true))), list(range(len(constraints.matrix)))
    random.shuffle(order)
    random.shuffle(rows)
    values = true + sigma * noise
    found = reconcile(constraints, values, sigma)
    other = reconcile(Constraints.of(constraints.matrix[rows][:, order]), values[order], sigma[order])
    assert other.values == pytest.approx(found.values[order], rel=1e-6)
    assert other.tests == pytest.approx(found.tests[order], rel=1e-6, abs=1e-6, nan_ok=True)


@given(networks(), st.floats(1e-3, 1e3), st.data())
def test_units_do_not_matter(network, factor, data):
    """Neither the unit of all, nor the unit that a single constraint is written in."""
    constraints, true, sigma, noise = network
    values = true + sigma * noise
    found = reconcile(constraints, values, sigma)
    rows = constraints.matrix.copy()
    rows[data.draw(st.integers(0, len(rows) - 1))] *= 3600.0
    other = reconcile(Constraints.of(rows), factor * values, factor * sigma)
    assert other.values == pytest.approx(factor * found.values, rel=1e-6)
    assert other.statistic == pytest.approx(found.statistic, rel=1e-6, abs=1e-9)


@given(networks(), st.data())
def test_what_is_not_measured_is_either_balanced_or_nothing(network, data):
    constraints, true, sigma, noise = network
    hidden = np.array(data.draw(st.lists(st.booleans(), min_size=len(true), max_size=len(true))))
    found = reconcile(constraints, np.where(hidden, np.nan, true + sigma * noise), sigma)
    assert found.observable[~hidden].all()
    complete = [row for row in constraints.matrix if found.observable[row != 0].all()]
    for row in complete:
        used = row != 0
        assert row[used] @ found.values[used] == pytest.approx(
            0.0, abs=1e-7 * np.nanmax(np.abs(found.values))
        )
    exact = reconcile(constraints, np.where(hidden, np.nan, true), sigma)
    assert exact.values[exact.observable] == pytest.approx(true[exact.observable], rel=1e-6)
    # by another way: a value is determined if and only if no combination of the hidden moves it
    columns = constraints.matrix[:, hidden]
    free = np.linalg.svd(columns)[2][np.linalg.matrix_rank(columns) :]
    assert found.observable[hidden].tolist() == (np.abs(free).max(axis=0, initial=0.0) < 1e-9).tolist()


def test_wrong_shapes_and_uncertainties_are_named():
    with pytest.raises(BalanceError, match="6 entries"):
        reconcile(EXAMPLE, [1.0], [1.0])
    with pytest.raises(BalanceError, match=r"uncertainties\[2\] must be above 0"):
        reconcile(EXAMPLE, EXAMPLE_VALUES, [1.0, 1.0, 0.0, 1.0, 1.0, 1.0])
    with pytest.raises(BalanceError, match="finite"):
        reconcile(EXAMPLE, [np.inf] * 6, np.ones(6))
    with pytest.raises(BalanceError, match="constants"):
        Constraints.of([[1.0, 2.0]], [1.0, 2.0])
