"""A score from 0 (useless) to 100 (no doubt) for each sample, from its flags alone.

Weights are those users know from the steam meter and the validator; a reading counts as valid from 50 up.
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from integrations.messages import Flag

from .flags import WITHOUT_VALUE
from .masks import Flags, distinct, every_tabled_mask, tabled, wide
from .meanings import MEANINGS, Dimension

VALID_FROM = 50
"""Lowest score of a valid reading."""

BEST_SCORE = 100
"""Nothing speaks against the reading."""

SIMULATED_CAP = 49
"""Best score of a simulated reading: it says nothing about the plant, so all its scores are shrunk to stay
below valid, and nobody who looks at the score alone takes it for a measurement."""

UNCERTAIN_CAP = 70
"""A device that doubts its own value weighs as much as a change that is too fast."""

_SUSPICIONS = {
    Flag.OUT_OF_RANGE: 50,
    Flag.NEGATIVE: 40,
    Flag.RATE_OF_CHANGE: 30,
    Flag.ESTIMATED: 30,
    Flag.INCONSISTENT: 25,
    Flag.OUTLIER: 20,
    Flag.DRIFT: 20,
    Flag.FLATLINE: 15,
    Flag.NOISE: 15,
    Flag.AT_LIMIT: 15,
    Flag.STALE: 10,
    Flag.FUTURE: 10,
    Flag.OUT_OF_ORDER: 10,
    Flag.DUPLICATE: 10,
}

WEIGHTS: Mapping[str, Mapping[Flag, int]] = {
    "": _SUSPICIONS,
    "flow_rate": _SUSPICIONS | {Flag.FLATLINE: 20},
}
"""What each flag costs, by quantity; the empty name stands for every other quantity."""

CAPS = {Flag.SENSOR_STATUS_UNCERTAIN: UNCERTAIN_CAP, WITHOUT_VALUE: 0}
"""The best score a sample with any of these flags can have."""

_ROWS = {quantity: row for row, quantity in enumerate(WEIGHTS)}
_COSTS = {
    flag: np.array([weights.get(flag, 0) for weights in WEIGHTS.values()], np.int64) for flag in _SUSPICIONS
}
"""Cost of each flag by row."""


def weights_row(quantity: str) -> int:
    """Return which of the weight tables judges `quantity`."""
    return _ROWS.get(quantity, _ROWS[""])


def score(flags: Flags | int, row: NDArray[np.intp] | int = 0) -> NDArray[np.uint8]:
    """Return the score of each sample; `row` says by which weights (see `weights_row`)."""
    masks: Any = np.atleast_1d(flags)
    scores: NDArray[np.uint8] = _score_table()[row, tabled(masks)]
    if (at := wide(masks)).size:
        scores[at] = _points(masks[at], row[at] if isinstance(row, np.ndarray) else row)
    return scores.reshape(np.shape(flags))


@lru_cache(maxsize=4096)
def score_of(mask: int, row: int = 0) -> float:
    """Return the score of one sample: `score` for who has them one by one, mostly with the same few masks."""
    return float(score(mask, row))


def dimension_scores(flags: Flags, row: int = 0) -> dict[str, float]:
    """Return the mean score in each dimension, had nothing spoken against the samples in the others.

    Args:
        flags: masks of the samples; none at all score 0.
        row: by which weights.
    """
    masks, count = distinct(flags)
    return {
        dimension.value: float(score(masks & _bits(dimension), row) @ count / max(1, flags.size))
        for dimension in Dimension
    }


def _bits(dimension: Dimension) -> np.uint32:
    return np.uint32(sum(meaning.flag for meaning in MEANINGS if meaning.dimension is dimension))


def _points(masks: NDArray[Any], row: Any) -> NDArray[np.uint8]:
    """Work out scores; more flags never give more points."""
    cost = sum((masks & flag != 0) * costs[row] for flag, costs in _COSTS.items())
    points = np.clip(BEST_SCORE - cost, 0, BEST_SCORE)
    for flag, cap in CAPS.items():
        points = np.where(masks & flag != 0, np.minimum(points, cap), points)
    shrunk = np.where(masks & Flag.SIMULATED != 0, points * SIMULATED_CAP // BEST_SCORE, points)
    whole: NDArray[np.uint8] = shrunk.astype(np.uint8)
    return whole


@cache
def _score_table() -> NDArray[np.uint8]:
    """Scores by row and mask."""
    return _points(every_tabled_mask(), np.arange(len(WEIGHTS))[:, np.newaxis])
