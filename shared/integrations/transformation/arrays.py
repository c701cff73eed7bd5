"""The library's methods from array to array, by the names that they have on points.

    from integrations.transformation import arrays
    arrays.impute_missing([1.0, None, 3.0])         # array([1., 2., 3.])

Values may be anything that numpy makes numbers of; None and NaN are missing, and no position shifts. Times
are datetime64 or whole nanoseconds since 1970, in any order; where none are given, steps are even.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from integrations.quality import score
from integrations.units import STANDARD_BAROMETER_BAR, PressureReference, affine

from . import alignment, fusion
from .detectors import outliers
from .errors import InvalidArgumentError, UnknownMethodError
from .imputation import impute
from .profiles import UNKNOWN_SENSOR, SensorProfile
from .segments import Bools, Floats, Times
from .series import REPLACEMENTS, CleanSeries, Treatment, checked_flags, clean_series, time_order

ANY = 64
"""Dimensions that numpy's arrays may have."""


def convert(
    value: ArrayLike,
    from_unit: str,
    to_unit: str,
    *,
    barometer_bar: float = STANDARD_BAROMETER_BAR,
    pressure_reference: PressureReference | None = None,
) -> Floats:
    """Return values in another unit."""
    scale, offset = affine(from_unit, to_unit, unmarked=pressure_reference, barometer_bar=barometer_bar)
    return _numbers("value", value, dimensions=ANY) * scale + offset


def validate(
    value: ArrayLike, time: ArrayLike, profile: SensorProfile = UNKNOWN_SENSOR, now_ns: int | None = None
) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """Return flags and score of each value, as `checked_flags` finds them in the order of arrival."""
    numbers, times = _series(value, time)
    flags = checked_flags(times, numbers, profile, now_ns)
    return flags, score(flags, profile.weights)


def detect_outliers(
    value: ArrayLike, method: str = "zscore", threshold: float = 3.0, *, resolution: float = 0.0
) -> Bools:
    """Return which values are outliers; `hampel` takes them in the order of time."""
    return outliers(_numbers("value", value), method, threshold, resolution).found


def remove_outliers(
    value: ArrayLike,
    method: str = "zscore",
    threshold: float = 3.0,
    replace_with: str = "interpolate",
    *,
    time: ArrayLike | None = None,
) -> Floats:
    """Return values with their outliers replaced; `remove` leaves NaN, so that positions stay."""
    if replace_with not in REPLACEMENTS:
        raise UnknownMethodError("replacement", replace_with, REPLACEMENTS)
    numbers, times = _series(value, time)

    def replaced(ordered: Floats, rising: Times) -> Floats:
        found = outliers(ordered, method, threshold).found
        imputation = REPLACEMENTS[replace_with]
        left = np.where(found, np.nan, ordered)
        return (
            left
            if imputation is None
            else np.where(found, impute(left, imputation, time=rising).value, ordered)
        )

    return _in_time(replaced, numbers, times)


def impute_missing(
    value: ArrayLike,
    method: str = "linear",
    max_gap: int | None = 10,
    *,
    time: ArrayLike | None = None,
    period: int | None = None,
) -> Floats:
    """Return values with their gaps filled."""
    numbers, times = _series(value, time)

    def filled(ordered: Floats, rising: Times) -> Floats:
        return impute(ordered, method, time=rising, max_gap=max_gap, period=period).value

    return _in_time(filled, numbers, times)


def align_series(value: ArrayLike, time: ArrayLike, targets: ArrayLike, method: str = "linear") -> Floats:
    """Return values at other times, NaN where the method has none."""
    numbers, times = _series(value, time)
    return alignment.align(times, numbers, _times("targets", targets), method).value


def resample(
    value: ArrayLike,
    time: ArrayLike,
    interval: timedelta | np.timedelta64 | float,
    aggregation: str = "mean",
) -> tuple[Times, Floats]:
    """Return the beginning of each interval and its value; `interval` is in seconds where it is a number."""
    numbers, times = _series(value, time)
    bins = alignment.Bins(times, alignment.nanoseconds(interval))
    return bins.time, bins.aggregate(numbers, aggregation)


def fuse_sensors(
    values: ArrayLike,
    method: str = "weighted_average",
    weights: ArrayLike = 1.0,
    tolerance: float | None = None,
    *,
    time: ArrayLike | None = None,
) -> fusion.Fused:
    """Return one series from rows of sensors; see `fusion` for what each method takes.

    Args:
        values: a row for each sensor, a column for each time.
        method: weighted_average, kalman, voting, best_quality.
        weights: one, one for each sensor, or one for each value; not negative.
        tolerance: of `voting`; None takes three standard deviations of the sensors' noise.
        time: rising.
    """
    table = np.atleast_2d(_numbers("values", values, dimensions=2))
    weight = _weights(weights, table.shape)
    times = np.arange(table.shape[1]) if time is None else _times("time", time)
    if times.size != table.shape[1]:
        raise InvalidArgumentError(f"time has {times.size} entries for {table.shape[1]} columns")
    variance = fusion.noise_variance(table)
    allowed = fusion.usual_tolerance(variance) if tolerance is None else tolerance
    return fusion.fuse(table, times, method, variance, weight, allowed)


def process_data(
    value: ArrayLike,
    time: ArrayLike,
    treatment: Treatment | None = None,
    profile: SensorProfile = UNKNOWN_SENSOR,
    now_ns: int | None = None,
) -> CleanSeries:
    """Check a series, set outliers aside, estimate what is missing, score every value."""
    numbers, times = _series(value, time)
    return clean_series(times, numbers, treatment, profile=profile, now_ns=now_ns)


def _in_time(work: Callable[[Floats, Times], Floats], value: Floats, time: Times) -> Floats:
    """Let `work` see values in the order of their times."""
    order = time_order(time)
    if order is None:
        return work(value, time)
    result = np.empty_like(value)
    result[order] = work(value[order], time[order])
    return result


def _series(value: ArrayLike, time: ArrayLike | None) -> tuple[Floats, Times]:
    numbers = _numbers("value", value)
    times = np.arange(numbers.size) if time is None else _times("time", time)
    if times.size != numbers.size:
        raise InvalidArgumentError(f"time has {times.size} entries for {numbers.size} values")
    return numbers, times


def _numbers(name: str, values: ArrayLike, dimensions: int = 1) -> Floats:
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidArgumentError(f"{name} must be numbers ({error})") from None
    if numbers.ndim > dimensions:
        raise InvalidArgumentError(
            f"{name} must have no more than {dimensions} dimensions, got {numbers.ndim}"
        )
    return numbers if dimensions > 1 else np.atleast_1d(numbers)


def _times(name: str, times: ArrayLike) -> Times:
    found: NDArray[Any] = np.atleast_1d(np.asarray(times))
    if found.dtype.kind == "M" and not np.isnat(found).any():
        return found.astype("datetime64[ns]").astype(np.int64)
    if found.dtype.kind not in "iu" and found.size:
        raise InvalidArgumentError(
            f"{name} must be datetime64 without NaT, or whole nanoseconds, got {found.dtype}"
        )
    return found.astype(np.int64)


def _weights(weights: ArrayLike, shape: tuple[int, ...]) -> Floats:
    weight = _numbers("weights", weights, dimensions=2)
    if not (np.isfinite(weight).all() and (weight >= 0).all()):
        raise InvalidArgumentError(f"weights must be finite and not negative, got {weights!r}")
    column = weight[:, np.newaxis] if weight.ndim == 1 else weight
    try:
        return np.broadcast_to(column, shape)
    except ValueError:
        raise InvalidArgumentError(f"weights of shape {weight.shape} do not fit {shape[0]} sensors") from None
