"""How a reading stands, in one word: what its colour and its shape in the browser say."""

from enum import StrEnum
from functools import lru_cache

import numpy as np

from integrations.messages import CleanBatch, Flag, Qartod, is_bad, is_uncertain
from integrations.quality import qartod_from_flags

_NEVER_BELIEVED = {Qartod.FAIL, Qartod.MISSING}


class Standing(StrEnum):
    """From best to worst, as legends show them."""

    GOOD = "good"
    SIMULATED = "simulated"
    """Nothing wrong, but no measurement."""
    DOUBTFUL = "doubtful"
    STALE = "stale"
    BAD = "bad"
    """No value, or one that is not to be believed."""


STANDINGS = tuple(Standing)


def standing_of(batch: CleanBatch) -> Standing:
    """Return how the last sample of a batch stands."""
    return standing_at(batch.value[-1], batch.flags[-1], batch.status[-1])


def standing_at(value: float | None, flags: int, status: int) -> Standing:
    """Return how a sample stands."""
    if value is None or is_bad(status):
        return Standing.BAD
    return _by_findings(flags, is_uncertain(status))


@lru_cache(maxsize=4096)
def _by_findings(flags: int, uncertain: bool) -> Standing:  # the key of a cache
    grave = int(qartod_from_flags(np.array([flags & ~Flag.SIMULATED], np.uint32))[0])
    if grave in _NEVER_BELIEVED:
        return Standing.BAD
    if flags & Flag.STALE:
        return Standing.STALE
    if flags & ~Flag.SIMULATED or uncertain:
        return Standing.DOUBTFUL
    return Standing.SIMULATED if flags else Standing.GOOD
