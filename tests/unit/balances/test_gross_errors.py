"""Gross errors: who is named, who is named with whom, and that nobody is named for noise."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fakes.networks import EXAMPLE, EXAMPLE_VALUES, networks
from integrations.balances import Constraints, agree, find_gross_errors, reconcile

NODE = Constraints.of([[1.0, -1.0, -1.0]])


def find(constraints, values, sigma, significance=0.05):
    return find_gross_errors(lambda y: reconcile(constraints, y, sigma), values, significance)


def test_the_published_example_passes_the_global_test():
    verdict = find(EXAMPLE, EXAMPLE_VALUES, np.ones(6))
    assert verdict.critical == pytest.approx(9.49, abs=0.005)
    assert verdict.whole.statistic < verdict.critical
    assert verdict.suspicions == ()


def test_a_wrong_meter_is_named_with_its_error():
    values = np.array([100.0, 64.0, 36.0, 64.0, 36.0, 100.0])
    values[1] += 8.0
    (suspicion,) = find(EXAMPLE, values, np.ones(6)).suspicions
    assert suspicion.candidates == (1,)
    assert suspicion.error == pytest.approx(8.0)
    assert suspicion.error_uncertainty == pytest.approx(np.sqrt(1.5))


def test_the_rest_is_what_the_others_say():
    values = np.array([100.0, 72.0, 36.0, 64.0, 36.0, 100.0])
    verdict = find(EXAMPLE, values, np.ones(6))
    assert verdict.rest.values == pytest.approx([100.0, 64.0, 36.0, 64.0, 36.0, 100.0])
    assert np.isnan(verdict.rest.adjustments[1])


def test_two_wrong_meters_are_named():
    values = np.array([100.0, 73.0, 36.0, 64.0, 24.0, 100.0])
    found = find(EXAMPLE, values, np.ones(6)).suspicions
    assert [suspicion.candidates for suspicion in found] == [(4,), (1,)]
    assert found[1].error == pytest.approx(9.0)


def test_meters_around_one_node_cannot_be_told_apart():
    (suspicion,) = find(NODE, [100.0, 60.0, 30.0], np.ones(3)).suspicions
    assert set(suspicion.candidates) == {0, 1, 2}


def test_meters_in_a_row_cannot_be_told_apart():
    (suspicion,) = find(Constraints.of([[1.0, -1.0]]), [10.0, 20.0], [1.0, 0.1]).suspicions
    assert suspicion.candidates == (0, 1)


def test_nothing_to_check_is_no_suspicion():
    verdict = find(NODE, [100.0, np.nan, 30.0], np.ones(3))
    assert verdict.suspicions == ()
    assert verdict.critical == np.inf


@given(networks(), st.data())
def test_a_gross_error_far_beyond_the_uncertainty_is_named(network, data):
    constraints, true, sigma, _ = network
    whole = reconcile(constraints, true, sigma)
    wrong = data.draw(st.integers(0, len(true) - 1))
    assume(whole.checked[wrong])
    values = true.copy()
    values[wrong] += 30.0 * whole.error_uncertainties[wrong]
    verdict = find(constraints, values, sigma)
    (suspicion,) = verdict.suspicions
    assert wrong in suspicion.candidates
    # all that are named with it explain nearly as much: the constraints cannot tell
    others = [find(constraints, np.where(np.arange(len(true)) == at, np.nan, values), sigma)
              for at in suspicion.candidates]  # fmt: skip
    assert all(other.whole.statistic <= 3.85 for other in others)


@given(networks(), st.randoms(), st.data())
def test_the_order_of_streams_names_nobody_else(network, random, data):
    constraints, true, sigma, noise = network
    wrong = data.draw(st.integers(0, len(true) - 1))
    values = true + 0.1 * sigma * noise
    values[wrong] += 100.0 * sigma.max()
    order = list(range(len(true)))
    random.shuffle(order)
    found = find(constraints, values, sigma).suspicions
    other = find(Constraints.of(constraints.matrix[:, order]), values[order], sigma[order]).suspicions
    assert [set(each.candidates) for each in found] == [
        {order[at] for at in each.candidates} for each in other
    ]


def test_noise_is_suspected_as_rarely_as_said():
    random = np.random.default_rng(1)
    true = np.array([100.0, 64.0, 36.0, 64.0, 36.0, 100.0])
    trials = [agree(reconcile(EXAMPLE, true + random.normal(size=6), np.ones(6)), 0.05) for _ in range(2000)]
    assert 0.02 < 1.0 - np.mean(trials) < 0.10  # two tests at 5 %, of the same numbers
