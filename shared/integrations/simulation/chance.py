"""Randomness as a pure function of a key: the same seed, name and time give the same number in any order."""

from functools import lru_cache
from random import Random


@lru_cache(maxsize=4096)
def uniform(key: str, index: int) -> float:
    """Number in -1 … 1."""
    return Random(f"{key}/{index}").uniform(-1.0, 1.0)  # noqa: S311  # a simulation, not a secret


def gauss(key: str, index: int) -> float:
    """Number of the standard normal distribution."""
    return Random(f"{key}/{index}").gauss(0.0, 1.0)  # noqa: S311  # a simulation, not a secret


def wander(key: str, seconds: float, period_seconds: float) -> float:
    """Smooth course in -1 … 1 that takes a new direction every `period_seconds`."""
    index, fraction = divmod(seconds / period_seconds, 1.0)
    before, after = uniform(key, int(index)), uniform(key, int(index) + 1)
    return before + (after - before) * fraction * fraction * (3.0 - 2.0 * fraction)
