"""DriftDetector: the last 50 against a baseline of 50, and CUSUM, at the same cost for every reading."""

import random
import time
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.devices.pressure_sensor.drift import BASELINE, RECENT, DriftDetector

THRESHOLD = 0.1


def noise(count, seed=1, sigma=0.01, around=10.0):
    rng = random.Random(seed)  # noqa: S311 - noise of a sensor, not a secret
    return [rng.gauss(around, sigma) for _ in range(count)]


def changes(detector, values):
    """Return (reading number, change) for every change."""
    return [(at, change) for at, value in enumerate(values, 1) if (change := detector.update(value))]


def learned(threshold=THRESHOLD, around=10.0, sigma=0.01):
    detector = DriftDetector(threshold)
    assert changes(detector, noise(BASELINE, around=around, sigma=sigma)) == []
    return detector


def test_a_steady_sensor_never_drifts():
    assert changes(DriftDetector(THRESHOLD), noise(20_000)) == []


def test_a_lasting_shift_beyond_the_threshold_is_found_once():
    ((at, change),) = changes(learned(), noise(500, seed=2, around=10.12))
    assert at <= RECENT + 1
    assert change.drifting
    assert change.baseline == pytest.approx(10.0, abs=0.01)
    assert change.shift == pytest.approx(0.12, abs=0.02)


def test_a_shift_within_the_threshold_is_none():
    assert changes(learned(), noise(2000, seed=2, around=10.08)) == []


@pytest.mark.parametrize("sign", [1, -1])
def test_a_large_shift_is_found_within_a_few_readings(sign):
    ((at, change),) = changes(learned(), noise(60, seed=3, around=10.0 + sign * 0.5))
    assert at <= 4
    assert change.shift == pytest.approx(sign * 0.5, abs=0.05)


def test_a_slow_drift_is_found():
    ramp = [10.0 + 0.001 * at for at in range(1000)]
    (first, _), *more = changes(learned(), ramp)
    assert 100 <= first <= 100 + RECENT + 10
    assert more == []


def test_two_spikes_are_no_drift():
    values = noise(300, seed=4)
    values[100] = values[101] = 500.0
    assert changes(learned(), values) == []


def test_it_is_over_when_the_sensor_is_well_within_again():
    detector = learned()
    found = changes(detector, noise(100, seed=5, around=10.3) + noise(200, seed=6))
    assert [change.drifting for _, change in found] == [True, False]
    assert abs(found[1][1].shift) <= THRESHOLD / 2
    assert not detector.drifting


def test_a_new_baseline_is_learned_when_asked():
    detector = learned()
    changes(detector, noise(100, seed=5, around=12.0))
    assert detector.drifting
    detector.rebase()
    assert not detector.drifting
    assert changes(detector, noise(500, seed=6, around=12.0)) == []


def test_a_noisy_sensor_widens_its_own_tolerance_against_false_alarms():
    detector = learned(threshold=0.001, sigma=0.05)
    assert changes(detector, noise(40, seed=8, sigma=0.05)) == []


@given(st.lists(st.floats(-1e6, 1e6), min_size=BASELINE + 1, max_size=300))
@settings(max_examples=50)
def test_the_running_sum_never_leaves_the_sum_of_its_window(values):
    detector = DriftDetector(THRESHOLD)
    changes(detector, values)
    size = max(1.0, *(abs(one) for one in detector._residuals)) if detector._residuals else 1.0
    assert detector._sum == pytest.approx(sum(detector._residuals), abs=1e-9 * size * len(values))


def test_the_ten_thousandth_reading_costs_what_the_hundredth_did():
    detector = learned()

    def seconds(values):
        began = time.perf_counter()
        for value in values:
            detector.update(value)
        return time.perf_counter() - began

    early = fmean(seconds(noise(1000, seed=at)) for at in range(3))
    for at in range(20):
        seconds(noise(1000, seed=at))
    assert fmean(seconds(noise(1000, seed=at)) for at in range(3)) < 5 * early
