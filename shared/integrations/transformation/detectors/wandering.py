"""How much of a series' scatter is noise, and how fast its level wanders: what is likeliest."""

from dataclasses import dataclass

import numpy as np

from integrations.transformation.segments import Bools, Floats

PACES = np.concatenate(([0.0], np.logspace(-5, 1, 25)))
"""Variance that a level gains from row to row, over that of the noise."""
LEAST_NOISE = 0.05
"""Of the variance of a scaled series: less is resolution."""
BEGINNING = 20
"""Rows that a level is first taken from."""


@dataclass(frozen=True)
class Wandering:
    """The local level model of some series (Harvey 1989): levels that walk at random, seen through noise."""

    noise: Floats
    """Variance of the noise of each."""
    pace: Floats
    """By how much the variance of each level grows in a row."""

    @classmethod
    def of(cls, rows: Floats) -> "Wandering":
        """Return what makes the rows likeliest, a series in each column; NaN where missing."""
        present = np.isfinite(rows)
        level = np.tile(_beginning(rows, present), (PACES.size, 1))
        variance = np.full(level.shape, 1.0 / BEGINNING)
        surprise, unlikely = np.zeros(level.shape), np.zeros(level.shape)
        for row, there in zip(rows[BEGINNING:], present[BEGINNING:], strict=True):
            variance = variance + PACES[:, np.newaxis]
            expected = variance + 1.0
            away = np.where(there, row - level, 0.0)
            surprise += away * away / expected
            unlikely += np.where(there, np.log(expected), 0.0)
            gain = np.where(there, variance / expected, 0.0)
            level = level + gain * away
            variance = variance * (1.0 - gain)
        count = np.maximum(present[BEGINNING:].sum(axis=0), 1)
        noise = np.maximum(surprise / count, np.finfo(float).tiny)
        best = np.argmin(count * np.log(noise) + unlikely, axis=0)
        chosen = noise[best, np.arange(best.size)]
        return cls(np.maximum(chosen, LEAST_NOISE), PACES[best] * chosen)


def _beginning(rows: Floats, present: Bools) -> Floats:
    first, there = rows[:BEGINNING], present[:BEGINNING]
    mean: Floats = np.where(there, first, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    return mean
