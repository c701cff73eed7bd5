"""A score from 0 (useless) to 100 (no doubt) for each sample, from its flags alone.

Weights are those users know from the steam meter and the validator; a reading counts as valid from 50 up.
"""

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from integrations.messages import Flag

from .flags import WITHOUT_VALUE, Flags, every_mask

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
    Flag.FLATLINE: 15,
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


def weights_row(quantity: str) -> int:
    """Return which of the weight tables judges `quantity`."""
    return _ROWS.get(quantity, _ROWS[""])


def score(flags: Flags | int, row: NDArray[np.intp] | int = 0) -> NDArray[np.uint8]:
    """Return the score of each sample; `row` says by which weights (see `weights_row`)."""
    scores: NDArray[np.uint8] = _score_table()[row, flags]
    return scores


@cache
def _score_table() -> NDArray[np.uint8]:
    """Scores by weights and mask; more flags never give more points."""
    masks = every_mask()
    table = np.empty((len(WEIGHTS), masks.size), dtype=np.uint8)
    for row, weights in enumerate(WEIGHTS.values()):
        cost = sum((masks & flag != 0) * weight for flag, weight in weights.items())
        points = np.clip(100 - cost, 0, 100)
        for flag, cap in CAPS.items():
            points = np.where(masks & flag != 0, np.minimum(points, cap), points)
        table[row] = np.where(masks & Flag.SIMULATED != 0, points * SIMULATED_CAP // 100, points)
    return table
