"""Estimates for missing values: array in, array out; NaN is missing, and gaps too long stay as they are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from .errors import InvalidArgumentError, UnknownMethodError, check_number
from .gaps import MissingRuns, missing_runs
from .seasons import Season, season_of
from .segments import Bools, Floats, Indices, Times

SUPPORT = 4
"""Present values that a polynomial goes through, two on either side where there are: a cubic."""


@dataclass(frozen=True)
class Imputed:
    """A series with its gaps filled."""

    value: Floats
    filled: Bools
    """Which values are estimates."""
    note: str = ""
    """Why the method did not do what its name says; empty where it did."""


@dataclass(frozen=True)
class _Series:
    """What a method may look at."""

    value: Floats
    place: Callable[[Indices], Floats]
    """Position in time, for positions in the array."""
    runs: MissingRuns
    missing: Bools
    period: int | None
    notes: list[str]


def impute(
    value: Floats,
    method: str = "linear",
    *,
    time: Times | None = None,
    max_gap: int | None = None,
    period: int | None = None,
) -> Imputed:
    """Fill the gaps of a series by a method of `IMPUTATION_METHODS`.

    `linear`, `polynomial` and `seasonal` reckon in time and hold the nearest value before the first and after
    the last present one. Where nothing is present, nothing is filled.

    Args:
        value: NaN where missing; infinities count as missing too.
        method: how.
        time: nanoseconds, rising; None takes even steps.
        max_gap: longest run of missing values to fill; None fills all.
        period: samples in a season, for `seasonal`; None looks for it.

    Raises:
        UnknownMethodError: lists the known ones.
        InvalidArgumentError: negative `max_gap`, `period` below 2, `time` of another length.
    """
    found = estimates(value, ~np.isfinite(value), method, time=time, max_gap=max_gap, period=period)
    filled = np.zeros(value.size, dtype=np.bool_)
    if not found.at.size:
        return Imputed(value, filled, found.note)
    result = value.copy()
    result[found.at] = found.value
    filled[found.at] = np.isfinite(found.value)
    return Imputed(result, filled, found.note)


@dataclass(frozen=True)
class Estimates:
    """What may stand in the place of missing values."""

    at: Indices
    """Which they are."""
    value: Floats
    """NaN where the method has none."""
    note: str = ""


def estimates(
    value: Floats,
    missing: Bools,
    method: str,
    *,
    time: Times | None = None,
    max_gap: int | None = None,
    period: int | None = None,
) -> Estimates:
    """Return what `impute` would fill in, for those who know what is `missing` and fill in themselves."""
    if method not in IMPUTATION_METHODS:
        raise UnknownMethodError("imputation method", method, IMPUTATION_METHODS)
    if max_gap is not None:
        check_number("max_gap", max_gap)
    if period is not None:
        check_number("period", period, 2, whole=True)
    if time is not None and time.size != value.size:
        raise InvalidArgumentError(f"time has {time.size} entries for {value.size} values")
    runs = missing_runs(missing, max_gap)
    if not runs.at.size or runs.at.size == value.size:
        return Estimates(np.zeros(0, dtype=np.intp), np.zeros(0))

    def place(at: Indices) -> Floats:
        return at.astype(np.float64) if time is None else (time[at] - time[0]).astype(np.float64)

    series = _Series(value, place, runs, missing, period, [])
    estimate = IMPUTATION_METHODS[method](series)
    return Estimates(runs.at, estimate, "; ".join(series.notes))


def _forward(series: _Series) -> Floats:
    before = series.runs.before
    return np.where(before >= 0, series.value[before], np.nan)


def _backward(series: _Series) -> Floats:
    after, size = series.runs.after, series.value.size
    return np.where(after < size, series.value[np.minimum(after, size - 1)], np.nan)


def _mean(series: _Series) -> Floats:
    return np.full(series.runs.at.size, series.value[~series.missing].mean())


def _median(series: _Series) -> Floats:
    return np.full(series.runs.at.size, np.median(series.value[~series.missing]))


def _linear(series: _Series) -> Floats:
    return _between(series, series.value)


def _between(series: _Series, value: Floats) -> Floats:
    """Return what lies on the straight line between the ends of each gap; hold where one end is open."""
    runs, last = series.runs, value.size - 1
    before = np.where(runs.before >= 0, runs.before, np.minimum(runs.after, last))
    after = np.where(runs.after <= last, runs.after, before)
    start = series.place(before)
    length = series.place(after) - start
    share = (series.place(runs.at) - start) / np.where(length > 0, length, 1.0)
    line: Floats = value[before] + (value[after] - value[before]) * share
    return line


def _polynomial(series: _Series) -> Floats:
    """Return Lagrange's cubic through the nearest present values, linear where it cannot be drawn."""
    present = np.flatnonzero(~series.missing)
    support = min(SUPPORT, present.size)
    rank = np.searchsorted(present, series.runs.at)
    first = np.clip(rank - support // 2, 0, present.size - support)
    around = present[first[:, np.newaxis] + np.arange(support)]
    knots = series.place(around.ravel()).reshape(around.shape)
    middle = knots[:, :1]
    offset, knots = series.place(series.runs.at)[:, np.newaxis] - middle, knots - middle
    curve = np.zeros(rank.size)
    with np.errstate(divide="ignore", invalid="ignore"):  # two values at one time
        for one in range(support):
            others = np.delete(knots, one, axis=1)
            basis = np.prod((offset - others) / (knots[:, one : one + 1] - others), axis=1)
            curve += basis * series.value[around[:, one]]
    usable = series.runs.interior(series.value.size) & np.isfinite(curve)
    return np.where(usable, curve, _linear(series))


def _seasonal(series: _Series) -> Floats:
    """Return the usual value of the same phase, on the line that the others of the gap's ends leave."""
    everywhere = np.arange(series.value.size)
    places = series.place(everywhere)
    season = season_of(series.value, places, series.period)
    if not isinstance(season, Season):
        series.notes.append(f"{season}: filled linearly instead")
        return _linear(series)
    usual = season.usual(places)
    line = _between(series, series.value - usual)
    seasonal = usual[series.runs.at] + line
    return np.where(np.isfinite(seasonal), seasonal, _linear(series))


IMPUTATION_METHODS: Mapping[str, Callable[[_Series], Floats]] = {
    "forward_fill": _forward,
    "backward_fill": _backward,
    "linear": _linear,
    "polynomial": _polynomial,
    "mean": _mean,
    "median": _median,
    "seasonal": _seasonal,
}
