"""Sensors of the same thing made one: array in, array out; rows are sensors, columns are times."""

import math
from dataclasses import dataclass

import numpy as np

from .errors import UnknownMethodError, check_number
from .segments import Floats, Indices, Times

FUSION_METHODS = ("weighted_average", "kalman", "voting", "best_quality")
MOST_SIGMAS = 3.0
"""Votes count as agreeing within so many standard deviations of the sensors' noise, unless told otherwise."""
LEARNED_FROM = 3000
"""Samples that the Kalman filter learns from how fast the level wanders."""
WANDER_PER_NOISE = np.logspace(-6, 2, 17)
"""Variance that the level may gain from sample to sample, over that of the noise."""
LEAST_SHARE = 1e-12
"""Variances are kept from 0 by this share of the squared values: a sensor without noise would rule alone."""


@dataclass(frozen=True)
class Fused:
    """One series from several."""

    value: Floats
    """NaN where no sensor is present, or no majority agrees."""
    variance: Floats
    """Of the value, as far as the sensors' own are known; NaN where there is no value."""
    used: Indices
    """How many sensors the value rests on."""


def noise_variance(values: Floats) -> Floats:
    """Return each sensor's noise variance from its changes of direction, which a slow process has none of.

    Second differences of white noise have six times its variance; their median absolute deviation keeps
    spikes out. A sensor with fewer than four samples gets the mean of the others, or 1.
    """
    found = np.full(len(values), np.nan)
    for row, series in enumerate(values):
        bends = np.diff(series[np.isfinite(series)], n=2)
        if bends.size >= 2:
            found[row] = (1.4826 * np.median(np.abs(bends))) ** 2 / 6
    known = found[np.isfinite(found)]
    found = np.where(np.isfinite(found), found, known.mean() if known.size else 1.0)
    finite = values[np.isfinite(values)]
    floor = LEAST_SHARE * (np.median(finite**2) if finite.size else 1.0)
    positive: Floats = np.maximum(found, floor or LEAST_SHARE)
    return positive


def usual_tolerance(variance: Floats) -> float:
    """Return how far sensors of so much noise may be apart and agree."""
    return MOST_SIGMAS * float(np.sqrt(variance.sum()))


def fuse(
    values: Floats, time: Times, method: str, variance: Floats, weight: Floats, tolerance: float
) -> Fused:
    """Make one series of several by the method of that name.

    Raises:
        UnknownMethodError: lists the known ones.
        InvalidArgumentError: negative tolerance.
    """
    if method not in FUSION_METHODS:
        raise UnknownMethodError("fusion method", method, FUSION_METHODS)
    if method == "kalman":
        return kalman(values, time, variance, weight)
    if method == "voting":
        return voting(np.where(weight > 0, values, np.nan), tolerance)
    return (best_quality if method == "best_quality" else weighted_average)(values, variance, weight)


def weighted_average(values: Floats, variance: Floats, weight: Floats) -> Fused:
    """Return the average that leans on the surest: weights go with quality and against variance.

    Args:
        values: NaN where missing.
        variance: of each sensor, above 0.
        weight: of each value, not negative: quality, times what a user gives a sensor.
    """
    present = np.isfinite(values) & (weight > 0)
    shares = np.where(present, weight / variance[:, np.newaxis], 0.0)
    total = shares.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(present, shares * np.nan_to_num(values), 0.0).sum(axis=0) / total
        spread = (shares**2 * variance[:, np.newaxis]).sum(axis=0) / total**2
    return Fused(value, spread, present.sum(axis=0))


def kalman(
    values: Floats,
    time: Times,
    variance: Floats,
    weight: Floats,
    process_variance: float | None = None,
    *,
    smooth: bool = True,
) -> Fused:
    """Return the level that wanders as all sensors together show it.

    Source of the way back: Rauch, Tung, Striebel (1965).

    Args:
        values: NaN where missing; a time without any is predicted from before.
        time: nanoseconds, rising.
        variance: of each sensor's noise, above 0.
        weight: of each value; half the weight is twice the variance.
        process_variance: how fast the level wanders, in squared units a second; None takes what makes the
            first few thousand measurements likeliest.
        smooth: by the Kalman smoother, from what comes before and after each time, which lags behind nothing;
            otherwise by the filter, from what comes before alone.
    """
    measured = weighted_average(values, variance, weight)
    present = np.isfinite(values) & (weight > 0)
    precision = np.where(present, weight / variance[:, np.newaxis], 0.0).sum(axis=0)
    seconds = np.diff(time, prepend=time[:1]) / 1e9
    wander = process_variance
    if wander is None:
        wander = _likeliest_wander(measured.value, precision, seconds)
    levels, uncertainties, _ = _filtered(measured.value, precision, seconds, wander)
    if smooth:
        levels, uncertainties = _smoothed(levels, uncertainties, seconds, wander)
    return Fused(levels, uncertainties, present.sum(axis=0))


def voting(values: Floats, tolerance: float) -> Fused:
    """Return the mean of the largest group of sensors within `tolerance`, if it is more than half of them.

    Raises:
        InvalidArgumentError: negative tolerance.
    """
    check_number("tolerance", tolerance)
    present = np.isfinite(values)
    size = np.zeros(values.shape[1], dtype=np.intp)
    value = np.full(values.shape[1], np.nan)
    spread = np.full(values.shape[1], np.nan)
    for lowest in values:
        members = present & (values >= lowest) & (values <= lowest + tolerance)
        count = members.sum(axis=0)
        mean = np.where(members, values, 0.0).sum(axis=0) / np.maximum(count, 1)
        scatter = np.where(members, (values - mean) ** 2, 0.0).sum(axis=0) / np.maximum(count, 1)
        better = (count > size) | ((count == size) & (count > 0) & (scatter < spread))
        size, value, spread = (
            np.where(better, count, size),
            np.where(better, mean, value),
            np.where(better, scatter, spread),
        )
    agreed = 2 * size > present.sum(axis=0)
    return Fused(np.where(agreed, value, np.nan), np.where(agreed, spread, np.nan), np.where(agreed, size, 0))


def best_quality(values: Floats, variance: Floats, weight: Floats) -> Fused:
    """Return at each time the value of most weight; of equal ones that of least variance."""
    ranked = np.where(np.isfinite(values), weight, -1.0)
    order = np.argsort(variance, kind="stable")
    best = order[np.argmax(ranked[order], axis=0)]
    columns = np.arange(values.shape[1])
    there = ranked[best, columns] > 0
    return Fused(
        np.where(there, values[best, columns], np.nan),
        np.where(there, variance[best], np.nan),
        there.astype(np.intp),
    )


def _filtered(
    value: Floats, precision: Floats, seconds: Floats, wander: float
) -> tuple[Floats, Floats, float]:
    """Return level and variance after each measurement, and the logarithm of the measurements' likelihood."""
    level, variance, likelihood = math.nan, math.inf, 0.0
    levels, variances = [], []
    for measurement, certainty, elapsed in zip(
        value.tolist(), precision.tolist(), seconds.tolist(), strict=True
    ):
        variance += wander * elapsed
        if certainty > 0:
            if variance == math.inf:
                level, variance = measurement, 1 / certainty
            else:
                expected = variance + 1 / certainty
                surprise, gain = measurement - level, variance / expected
                likelihood -= math.log(expected) + surprise * surprise / expected
                level += gain * surprise
                variance *= 1 - gain
        levels.append(level)
        variances.append(variance)
    found = np.array(variances)
    return np.array(levels), np.where(np.isfinite(found), found, np.nan), likelihood / 2


def _smoothed(level: Floats, variance: Floats, seconds: Floats, wander: float) -> tuple[Floats, Floats]:
    """Take the filter's way back: what came later corrects each level by as much as it was unsure."""
    known = np.flatnonzero(np.isfinite(level))
    levels, variances = level.tolist(), variance.tolist()
    grown = (variance + wander * np.append(seconds[1:], 0.0)).tolist()
    for at in known[:-1][::-1].tolist():
        share = variances[at] / grown[at]
        levels[at] += share * (levels[at + 1] - levels[at])
        variances[at] += share * share * (variances[at + 1] - grown[at])
    return np.array(levels), np.array(variances)


def _likeliest_wander(value: Floats, precision: Floats, seconds: Floats) -> float:
    """Return the process variance a second, of a grid, that makes the measurements likeliest."""
    few = slice(0, LEARNED_FROM)
    usual_seconds = float(np.median(seconds[1:])) if seconds.size > 1 else 0.0
    known = precision[few][precision[few] > 0]
    if not known.size or usual_seconds <= 0:
        return 0.0
    unit = 1 / float(np.median(known)) / usual_seconds
    candidates: list[float] = [unit * float(share) for share in WANDER_PER_NOISE]
    return max(candidates, key=lambda one: _filtered(value[few], precision[few], seconds[few], one)[2])
