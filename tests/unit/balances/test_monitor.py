"""The monitor: drifts are named early, noise never, and what is over is cleared by as sharp a test."""

import numpy as np
import pytest

from fakes.networks import EXAMPLE
from integrations.balances import Monitor, find_gross_errors, reconcile

TRUE = np.array([100.0, 64.0, 36.0, 64.0, 36.0, 100.0])
SIGMA = np.ones(6)
WINDOW, CONFIRM = 24, 3


def monitor():
    return Monitor(lambda y: find_gross_errors(lambda v: reconcile(EXAMPLE, v, SIGMA), y), WINDOW, CONFIRM)


class Plant:
    """Periods of a plant whose load swings widely, measured with noise."""

    def __init__(self, seed=0):
        self.random = np.random.default_rng(seed)
        self.number = 0

    def period(self, error=0.0, meter=1, missing=()):
        self.number += 1
        load = 1.0 + 0.5 * np.sin(self.number / 7.0)
        values = load * TRUE + 0.7 * SIGMA * self.random.normal(size=6)
        values[meter] += error
        values[list(missing)] = np.nan
        return values


def run(watching, plant, periods, **more):
    """Return what was named and who was restored, each with the number of the period."""
    named, restored = [], []
    for at in range(periods):
        error = more.get("drift", 0.0) * at + more.get("error", 0.0)
        change = watching.add(plant.period(error, missing=more.get("missing", ())))
        named += [(at, suspicion) for suspicion in change.named]
        restored += [(at, variable) for variable in change.restored]
    return named, restored


@pytest.mark.parametrize("seed", range(3))
def test_noise_and_swinging_loads_name_nobody(seed):
    named, _ = run(monitor(), Plant(seed), 2000)
    assert named == []


def test_a_slow_drift_is_named_before_anybody_sees_it_in_the_noise():
    watching, plant = monitor(), Plant()
    run(watching, plant, WINDOW)
    named, _ = run(watching, plant, 150, drift=0.1)
    at, suspicion = named[-1]
    assert suspicion.candidates == (1,)
    assert at < 100
    assert suspicion.error == pytest.approx(0.1 * (at - WINDOW / 2), abs=2.0)
    assert watching.suspects == {1}


def test_what_was_named_is_cleared_when_it_is_right_again():
    watching, plant = monitor(), Plant()
    run(watching, plant, 3 * WINDOW, error=12.0)
    assert watching.suspects == {1}
    _, restored = run(watching, plant, 4 * WINDOW)
    assert [variable for _, variable in restored] == [1]
    assert restored[0][0] >= WINDOW
    assert watching.suspects == frozenset()


def test_a_single_bad_period_is_no_suspicion():
    watching, plant = monitor(), Plant()
    run(watching, plant, WINDOW)
    named, _ = run(watching, plant, 1, error=40.0)
    later, _ = run(watching, plant, WINDOW)
    assert named == later == []


def test_less_to_compare_with_clears_nobody():
    watching, plant = monitor(), Plant()
    run(watching, plant, 3 * WINDOW, error=12.0)
    changed = run(watching, plant, 6 * WINDOW, error=12.0, missing=(0, 3))
    assert changed == ([], [])
    assert watching.suspects == {1}


def test_a_meter_that_is_missing_now_and_then_changes_nothing():
    watching, plant = monitor(), Plant()
    for at in range(4 * WINDOW):
        watching.add(plant.period(12.0, missing=(4,) if at % 3 == 0 else ()))
    assert watching.suspects == {1}
    assert watching.verdict.whole.checked.all()


def test_nothing_is_said_before_the_window_is_full():
    watching = monitor()
    named, _ = run(watching, Plant(), WINDOW - 1, error=50.0)
    assert named == []
    assert watching.verdict is None


def test_nothing_measured_together_is_nothing_to_say():
    watching, plant = monitor(), Plant()
    for at in range(2 * WINDOW):
        watching.add(plant.period(missing=range(3) if at % 2 else range(3, 6)))
    assert watching.verdict is None
