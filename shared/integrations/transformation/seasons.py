"""The season of a series: how long it is, and what is usual at each of its phases."""

from dataclasses import dataclass

import numpy as np

from .segments import Floats

STRONG_ENOUGH = 0.3
"""Least autocorrelation at a season's length."""
MOST_STEPS = 1 << 22
"""Steps of the even grid that a season is looked for on; longer series show it in their beginning."""


@dataclass(frozen=True)
class Season:
    """What is usual at each phase of a period."""

    step: float
    """Distance of neighbouring samples."""
    profile: Floats
    """Mean departure from the series' mean, by phase; NaN where no sample ever was."""

    def usual(self, place: Floats) -> Floats:
        """Return what is usual at these places."""
        usual: Floats = self.profile[np.rint(place / self.step).astype(np.intp) % self.profile.size]
        return usual


def season_of(value: Floats, place: Floats, period: int | None = None) -> Season | str:
    """Return the season of a series, or why it has none.

    Args:
        value: NaN where missing.
        place: in time, from 0, rising.
        period: samples in a season; None looks for it.
    """
    finite = np.isfinite(value)
    steps = np.diff(place)
    step = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
    if step <= 0:
        return "no season in values of one time"
    slot = np.rint(place[finite] / step).astype(np.intp)
    known = value[finite]
    if period is None:
        period = period_of(known, slot)
        if period is None:
            return "no season found"
    elif period > slot[-1]:
        return f"no season of {period} samples in a series of {slot[-1] + 1}"
    phase = slot % period
    count = np.bincount(phase, minlength=period)
    sums = np.bincount(phase, weights=known - known.mean(), minlength=period)
    with np.errstate(invalid="ignore"):
        return Season(step, sums / count)


def period_of(value: Floats, slot: np.ndarray[tuple[int], np.dtype[np.intp]]) -> int | None:
    """Return the length of the season in steps: the first strong peak of the autocorrelation.

    Args:
        value: finite values.
        slot: the step that each belongs to, rising from 0; gaps are bridged by straight lines.
    """
    size = min(int(slot[-1]) + 1, MOST_STEPS)
    if size < 6:
        return None
    grid = np.arange(size)
    even = np.interp(grid, slot, value)
    even -= np.polynomial.Polynomial.fit(grid, even, 1)(grid)
    power = np.abs(np.fft.rfft(even, 2 * size)) ** 2
    correlation = np.fft.irfft(power)[: size // 2 + 1]
    if correlation[0] <= 0:
        return None
    # A lag leaves fewer pairs the longer it is: put all on the same footing.
    correlation = correlation / correlation[0] * size / (size - np.arange(correlation.size))
    below = np.flatnonzero(correlation < 0)
    if not below.size:
        return None
    beyond = correlation[below[0] :]
    # Noise puts small peaks beside a season's own, and its multiples are as high: the first within a tenth.
    best = beyond.max()
    if best < STRONG_ENOUGH:
        return None
    near = int(np.flatnonzero(beyond >= 0.9 * best)[0])
    end = near + int(np.argmax(beyond[near:] < 0.5 * best)) if (beyond[near:] < 0.5 * best).any() else None
    return int(below[0]) + near + int(np.argmax(beyond[near:end]))
