import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.resilience import Backoff

RNG = random.Random(1)  # noqa: S311 - test data
finite = st.floats(0, 1e6)


def test_delays_double_up_to_the_maximum():
    backoff = Backoff(5.0, multiplier=2.0, max_seconds=30.0)
    assert [backoff.delay(k, RNG) for k in range(4)] == [5.0, 10.0, 20.0, 30.0]


@given(finite, st.floats(1, 1e3), finite, st.integers(0, 10**12))
def test_no_attempt_is_too_late_to_have_a_bounded_delay(first, multiplier, most, attempt):
    backoff = Backoff(first, multiplier, most)
    assert 0 <= backoff.ceiling(attempt) <= most
    assert backoff.ceiling(attempt) <= backoff.ceiling(attempt + 1)


@given(st.integers(0, 100), st.randoms(use_true_random=False))
def test_full_jitter_stays_below_the_ceiling(attempt, rng):
    backoff = Backoff(0.5, max_seconds=10.0, jitter=True)
    assert 0 <= backoff.delay(attempt, rng) <= backoff.ceiling(attempt)


def test_full_jitter_uses_the_whole_range():
    delays = [Backoff(8.0, jitter=True).delay(0, RNG) for _ in range(1000)]
    assert min(delays) < 0.1
    assert max(delays) > 7.9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"first_seconds": -1}, "first_seconds must be a finite number >= 0, got -1"),
        ({"first_seconds": 1, "multiplier": 0.5}, "multiplier must be a finite number >= 1, got 0.5"),
        (
            {"first_seconds": 1, "max_seconds": float("nan")},
            "max_seconds must be a finite number >= 0, got nan",
        ),
    ],
)
def test_impossible_settings_are_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        Backoff(**arguments)
