"""Habits of sensors: the stream says what the library says of the whole series, wherever it is cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.messages import Flag, Qartod, Status
from integrations.quality import score
from integrations.transformation import FlatSamples, Segments, SensorBank, SensorLimits
from integrations.transformation.detectors import beyond_recent
from integrations.transformation.profiles import SensorProfile
from integrations.transformation.series import checked_flags, course_flags
from integrations.units import Affine

LIMITS = SensorLimits(
    min_valid=0.0,
    max_valid=20.0,
    flatline_count=5,
    flatline_tolerance=0.01,
    outlier_deviations=4.0,
    resolution=0.02,
    noise=0.1,
    drift_limit=0.5,
)
PROFILE = SensorProfile(LIMITS, resolution=0.02, noise=0.1, drift_limit=0.5)
HABITS = Flag.NOISE | Flag.DRIFT | Flag.AT_LIMIT | Flag.OUTLIER
SECOND = 1_000_000_000


def series(seed, count=700):
    """A sensor that spikes, gets noisy, drifts and gets stuck at both ends of its range."""
    chance = np.random.default_rng(seed)
    value = 10 + chance.normal(0, 0.1, count)
    value[chance.integers(0, count, 12)] += 3
    value[200:280] += chance.normal(0, 0.8, 80)
    value[300:] += np.linspace(0, 2, count - 300)
    value[450:470], value[600:640] = 20.0, -0.3
    value[chance.integers(0, count, 20)] = np.nan
    return value


def flat(parts):
    """Samples of several sensors, one a second each, as they come in one batch."""
    sensor = np.concatenate([np.full(value.size, at) for at, (_, value) in enumerate(parts)])
    time = np.concatenate([(start + np.arange(value.size)) * SECOND for start, value in parts])
    value = np.concatenate([value for _, value in parts])
    none = np.zeros(value.size, np.uint32)
    return FlatSamples(Segments(sensor.astype(np.intp)), time, value, none, none.astype(np.uint16))


def streamed(values, cuts, limits=LIMITS):
    """Flags of each sensor, its series cut as told; all sensors go through one bank."""
    bank = SensorBank()
    for _ in values:
        bank.add(limits)
    found = [[] for _ in values]
    for start, end in zip([0, *cuts], [*cuts, values[0].size], strict=True):
        if end > start:
            samples = flat([(start, value[start:end]) for value in values])
            clean = bank.process(samples, end * SECOND)
            for at, flags in enumerate(np.split(clean.flags.astype(np.uint32), len(values))):
                found[at].append(flags)
    return [np.concatenate(flags) for flags in found]


def of_library(value):
    flags = course_flags(value, PROFILE)
    flags[beyond_recent(value, 4.0, 0.02)] |= np.uint32(Flag.OUTLIER)
    return flags


@settings(max_examples=25)
@given(st.lists(st.integers(0, 700), max_size=12), st.integers(1, 3))
def test_stream_and_library_find_the_same_habits(cuts, sensors):
    values = [series(seed) for seed in range(sensors)]
    for value, flags in zip(values, streamed(values, sorted(cuts)), strict=True):
        assert (flags & np.uint32(HABITS)).tolist() == of_library(value).tolist()


def test_sample_by_sample_all_four_are_raised():
    value = series(1)
    (flags,) = streamed([value], list(range(1, 700)))
    assert (flags & np.uint32(HABITS)).tolist() == of_library(value).tolist()
    for flag in (Flag.NOISE, Flag.DRIFT, Flag.AT_LIMIT, Flag.OUTLIER):
        assert (flags & np.uint32(flag)).any(), flag


def test_the_library_s_own_pass_over_a_series_is_the_stream_s():
    value = series(2)
    (flags,) = streamed([value], [])
    assert checked_flags(np.arange(700) * SECOND, value, PROFILE, 700 * SECOND).tolist() == flags.tolist()


def test_nothing_is_looked_for_unless_limits_say_so():
    limits = SensorLimits(flatline_count=0, min_valid=0.0, max_valid=20.0)
    (flags,) = streamed([series(3)], [100], limits)
    assert not (flags & np.uint32(HABITS)).any()


def test_what_is_found_counts_in_score_status_and_qartod():
    bank = SensorBank()
    bank.add(LIMITS)
    clean = bank.process(flat([(0, np.full(10, 20.0))]), 10 * SECOND)
    stuck = int(clean.flags[-1])
    assert stuck == Flag.AT_LIMIT | Flag.FLATLINE
    assert clean.quality[-1] == score(stuck) == 70
    assert clean.status[-1] == Status.UNCERTAIN_SENSOR_NOT_ACCURATE
    assert clean.qartod[-1] == Qartod.SUSPECT
    assert clean.quality[0] == 100


def test_a_sensor_that_leaves_its_limit_is_free_at_once():
    bank = SensorBank()
    bank.add(SensorLimits(min_valid=0.0, max_valid=20.0, flatline_count=3, flatline_tolerance=0.0))
    found = []
    for at, value in enumerate([20.0, 20.0, 20.0, 21.0, 10.0, 20.0, 20.0, 0.0, -1.0, -2.0, 20.0]):
        clean = bank.process(flat([(at, np.array([value]))]), at * SECOND)
        found.append(bool(clean.flags[0] & np.uint32(Flag.AT_LIMIT)))
    assert found == [False, False, True, True, False, False, False, False, False, True, False]


def test_the_baseline_goes_along_into_another_unit():
    bank = SensorBank()
    bank.add(SensorLimits(drift_limit=0.5))
    bank.process(flat([(0, np.full(150, 10.0) + np.arange(150) % 2)]), 150 * SECOND)
    bank.convert(0, Affine(100.0, 5.0))
    bank.configure(0, SensorLimits(drift_limit=50.0))
    still = bank.process(flat([(150, 1005.0 + 100 * (np.arange(60) % 2))]), 210 * SECOND)
    gone = bank.process(flat([(210, 1105.0 + 100 * (np.arange(60) % 2))]), 270 * SECOND)
    assert not still.flags.any()
    assert gone.flags[-1] == Flag.DRIFT


def test_a_sensor_that_was_forgotten_has_no_habits():
    bank = SensorBank()
    bank.add(LIMITS)
    bank.process(flat([(0, series(4))]), 700 * SECOND)
    bank.forget(0)
    bank.add(LIMITS)
    fresh = bank.process(flat([(0, series(5))]), 700 * SECOND)
    assert fresh.flags.tolist() == streamed([series(5)], [])[0].tolist()


@pytest.mark.parametrize("name", ["outlier_deviations", "resolution", "noise", "drift_limit"])
def test_habits_are_never_negative(name):
    with pytest.raises(ValueError, match=f"{name} must be at least 0"):
        SensorLimits(**{name: -1.0})
