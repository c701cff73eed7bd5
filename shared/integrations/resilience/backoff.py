"""How long to wait before trying again."""

import math
import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with a ceiling, optionally with full jitter.

    Attempts count from 0: the wait before the first retry is `delay(0, rng)`. Full jitter draws from the
    whole range 0…ceiling, which spreads clients that lost the same server best (Brooker, "Exponential
    Backoff And Jitter", AWS Architecture Blog, 2015).
    """

    first_seconds: float
    multiplier: float = 2.0
    max_seconds: float = 300.0
    jitter: bool = False

    def __post_init__(self) -> None:
        for name, least in (("first_seconds", 0.0), ("multiplier", 1.0), ("max_seconds", 0.0)):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= least):
                raise ValueError(f"{name} must be a finite number >= {least:g}, got {value!r}")

    def ceiling(self, attempt: int) -> float:
        """Longest wait in seconds before retry `attempt`: min(first x multiplier^attempt, max)."""
        if not self.first_seconds:
            return 0.0
        try:
            # float(): an int power does not overflow, it grows to megabytes in a client that retries for ever
            factor = float(self.multiplier) ** attempt
        except OverflowError:
            return self.max_seconds
        return min(self.first_seconds * factor, self.max_seconds)

    def delay(self, attempt: int, rng: random.Random) -> float:
        """Wait in seconds before retry `attempt`."""
        ceiling = self.ceiling(attempt)
        return rng.uniform(0.0, ceiling) if self.jitter else ceiling
