"""Groups of sensors: what leaves together, what only wanders, what is missing, what cannot be meant."""

import numpy as np
import pytest

from integrations.transformation.detectors import HotellingGroup
from integrations.transformation.detectors.wandering import Wandering
from integrations.transformation.errors import InvalidArgumentError


def group(rows, seed=1, sensors=4):
    """Readings of sensors that have a part of their noise in common."""
    chance = np.random.default_rng(seed)
    common = chance.normal(0, 1, (rows, 1))
    return 10 + 0.5 * common + chance.normal(0, 1, (rows, sensors))


def test_nothing_wrong_raises_hardly_an_alarm():
    shares = [
        HotellingGroup(values[:400]).update(values[400:]).found.mean()
        for values in (group(2400, seed) for seed in range(8))
    ]
    assert np.mean(shares) < 0.02


def test_a_shift_too_small_for_one_sensor_is_found_by_the_group():
    values = group(1000)
    values[600:800] += [1.0, -1.0, 1.0, -1.0]
    verdict = HotellingGroup(values[:400]).update(values[400:])
    assert verdict.found[230:400].mean() > 0.9
    assert verdict.found[:200].mean() < 0.02
    assert verdict.found[450:].mean() < 0.05


def test_the_sensor_that_left_is_named():
    values = group(800)
    values[600:, 2] += 6
    verdict = HotellingGroup(values[:400]).update(values[400:])
    assert verdict.found[220:].all()
    assert (verdict.suspect[220:] == 2).all()
    assert (verdict.statistic[220:] > 1).all()


def test_a_level_that_always_wandered_is_no_alarm():
    chance = np.random.default_rng(3)
    values = group(2000)
    values[:, 0] += np.cumsum(chance.normal(0, 0.15, 2000))
    verdict = HotellingGroup(values[:400]).update(values[400:])
    assert np.ptp(values[:, 0]) > 6
    assert verdict.found.mean() < 0.05


def test_an_alarm_stands_for_as_long_as_the_sensor_is_away_and_ends_with_it():
    values = group(3000)
    values[600:2600, 1] += 4
    verdict = HotellingGroup(values[:400]).update(values[400:])
    assert verdict.found[215:2200].all()
    assert not verdict.found[2215:].any()


def test_noise_and_wandering_are_told_apart():
    chance = np.random.default_rng(7)
    still, walking = chance.normal(0, 1, 2000), np.cumsum(chance.normal(0, 0.3, 2000))
    found = Wandering.of(np.array([still, walking + chance.normal(0, 1, 2000)]).T)
    assert found.noise == pytest.approx([1.0, 1.0], rel=0.1)
    assert found.pace == pytest.approx([0.0, 0.09], abs=0.04)


def test_one_spike_is_no_alarm_of_the_group():
    values = group(600)
    values[500, 1] += 1000
    assert not HotellingGroup(values[:400]).update(values[400:]).found[101:].any()


def test_a_stream_may_be_cut_anywhere():
    values = group(900)
    values[600:] += 2
    whole = HotellingGroup(values[:400]).update(values[400:])
    parts = HotellingGroup(values[:400])
    found = [parts.update(part) for part in np.split(values[400:], [1, 2, 77, 300])]
    assert np.concatenate([part.found for part in found]).tolist() == whole.found.tolist()
    np.testing.assert_array_equal(np.concatenate([part.statistic for part in found]), whole.statistic)


@pytest.mark.parametrize("gone", [np.nan, np.inf, -np.inf])
def test_missing_values_change_nothing(gone):
    values = group(800)
    values[600:] += 3
    holes = values.copy()
    holes[np.random.default_rng(5).random(values.shape) < 0.1] = gone
    found = HotellingGroup(holes[:400]).update(holes[400:]).found
    assert found[230:].mean() > 0.95
    assert found[:200].mean() < 0.05
    detector = HotellingGroup(values[:400])
    before = detector.update(values[400:500]).statistic[-1]
    nothing = detector.update(np.full((5, 4), gone))
    assert nothing.statistic == pytest.approx([before] * 5)


def test_a_sensor_that_never_moved_is_a_member_too():
    values = group(3000)
    values[:, 1] = 5.0
    detector = HotellingGroup(values[:400])
    assert detector.update(values[400:2900]).found.mean() < 0.05
    values[2900:, 1] = 5.1
    assert detector.update(values[2900:]).found[10:].all()


def test_resolution_is_the_least_deviation_that_counts():
    values = np.full((600, 2), 5.0) + np.random.default_rng(1).normal(0, 1e-3, (600, 2))
    values[500:] += 0.01
    fine, coarse = (HotellingGroup(values[:400], resolution=step) for step in (0.0, [0.5, 0.5]))
    assert fine.update(values[400:]).found[120:].all()
    assert not coarse.update(values[400:]).found.any()


def test_no_rows_give_no_verdict():
    verdict = HotellingGroup(group(100)).update(np.zeros((0, 4)))
    assert verdict.found.size == verdict.statistic.size == verdict.suspect.size == 0


def test_values_may_be_text_that_reads_as_numbers():
    values = group(100)
    assert HotellingGroup(values.astype(str)).update(values[:3].astype(str)).found.size == 3


@pytest.mark.parametrize(
    ("training", "options", "message"),
    [
        (group(49), {}, "training needs 50 rows, got 49"),
        (group(100)[:, 0], {}, "training must have rows and columns"),
        (np.zeros((100, 0)), {}, "training must have rows and columns"),
        ([["a", "b"]] * 60, {}, "training must be a table of numbers"),
        ([[1.0, None]] * 60, {}, "training has 0 values of sensor 1, needs half the rows"),
        (group(100), {"weight": 0}, "weight must be greater than 0 and at most 1, got 0"),
        (group(100), {"weight": 1.1}, "weight must be"),
        (group(100), {"weight": float("nan")}, "weight must be"),
        (group(100), {"false_alarms": 0}, "false_alarms must be between 0 and 1"),
        (group(100), {"false_alarms": 1}, "false_alarms must be"),
        (group(100), {"resolution": -1.0}, "resolution must be at least 0"),
        (group(100), {"resolution": [1.0, 1.0]}, "resolution must be at least 0, one or 4 of them"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_named(training, options, message):
    with pytest.raises(InvalidArgumentError, match=message):
        HotellingGroup(training, **options)


@pytest.mark.parametrize("values", [group(5)[:, :3], group(5)[:, 0], "x", [[1, 2, 3, "x"]]])
def test_rows_of_another_shape_are_refused(values):
    with pytest.raises(InvalidArgumentError, match="values must"):
        HotellingGroup(group(100)).update(values)
