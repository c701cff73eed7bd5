"""A whole series at once: the stream's own checks, what only a series shows, then the treatment."""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from msgspec import Meta
from msgspec.structs import replace
from numpy.typing import NDArray

from integrations.configuration import Checked, Fault
from integrations.quality import BEST_SCORE, WITHOUT_VALUE, Flag, Flags, score

from .bank import SensorBank
from .detectors import OUTLIER_METHODS, left_baseline, noise_change, outliers, stuck_at_limit
from .imputation import IMPUTATION_METHODS, estimates
from .profiles import UNKNOWN_SENSOR, SensorProfile
from .recorded import BLOCK_SAMPLES
from .samples import FlatSamples
from .segments import Bools, Floats, Segments, Times

REPLACEMENTS = {"interpolate": "linear", "mean": "mean", "median": "median", "remove": None}
"""What outliers are replaced by, and the imputation that does it."""
_ABSENT = np.uint32(WITHOUT_VALUE)
_ESTIMATED, _OUTLIER = np.uint32(Flag.ESTIMATED), np.uint32(Flag.OUTLIER)


class Treatment(Checked, frozen=True, kw_only=True):
    """What becomes of outliers and of missing values."""

    remove_outliers: bool = True
    outlier_method: str = "zscore"
    outlier_threshold: Annotated[float, Meta(gt=0)] = 3.0
    outlier_replace: str = "interpolate"
    impute_missing: bool = True
    impute_method: str = "linear"
    max_impute_gap: Annotated[int, Meta(ge=0)] | None = 10
    """Longest run of values, missing or set aside, that is filled; None fills all."""
    seasonal_period: Annotated[int, Meta(ge=2)] | None = None
    """Samples in a season; None looks for it."""

    def faults(self) -> list[Fault]:
        """List methods that nobody knows."""
        return [
            Fault("", name, getattr(self, name), f"must be one of {', '.join(known)}")
            for name, known in {
                "outlier_method": OUTLIER_METHODS,
                "outlier_replace": REPLACEMENTS,
                "impute_method": IMPUTATION_METHODS,
            }.items()
            if getattr(self, name) not in known
        ]


@dataclass(frozen=True)
class CleanSeries:
    """What became of a series; position by position the one that was given."""

    value: Floats
    """NaN where there is no value."""
    flags: NDArray[np.uint32]
    """What was found. Where an estimate stands, ESTIMATED is in the place of MISSING."""
    quality: NDArray[np.uint8]
    """0 to 100."""
    outliers: int
    imputed: int
    """Missing values that were estimated."""
    replaced: int
    """Outliers that were."""
    notes: tuple[str, ...]
    """What a method could not do, and why."""


def checked_flags(
    time: Times, value: Floats, profile: SensorProfile = UNKNOWN_SENSOR, now_ns: int | None = None
) -> NDArray[np.uint32]:
    """Return what the stream's checks find, as if the samples arrived one after the other.

    Args:
        time: UTC nanoseconds in the order of arrival.
        value: NaN where missing, infinite where it is no finite number.
        profile: of the sensor.
        now_ns: when they arrived; None takes each as new, so that none is old or from the future.
    """
    limits = profile.limits if now_ns is not None else replace(profile.limits, stale_after_seconds=None)
    bank = SensorBank()
    bank.add(limits, profile.weights)
    arrival = now_ns if now_ns is not None else int(time.max()) if time.size else 0
    flags = np.zeros(time.size, np.uint32)
    for start in range(0, time.size, BLOCK_SAMPLES):
        block = slice(start, start + BLOCK_SAMPLES)
        size = time[block].size
        samples = FlatSamples(
            segments=Segments.of_one(size) if size else Segments(np.zeros(0, dtype=np.intp)),
            time=time[block],
            value=value[block],
            status=np.zeros(size, np.uint32),
            flags=np.zeros(size, np.uint16),
        )
        flags[block] = bank.judge(samples, arrival)[1]
    return flags


def course_flags(value: Floats, profile: SensorProfile) -> NDArray[np.uint32]:
    """Return what only the course of a series shows; values in the order of time."""
    limits = profile.limits
    flags = np.zeros(value.size, np.uint32)
    if profile.noise > 0:
        flags[noise_change(value, profile.noise)] |= np.uint32(Flag.NOISE)
    if profile.drift_limit > 0:
        flags[left_baseline(value, profile.drift_limit)] |= np.uint32(Flag.DRIFT)
    if limits.flatline_count and (limits.min_valid is not None or limits.max_valid is not None):
        lowest = -math.inf if limits.min_valid is None else limits.min_valid
        highest = math.inf if limits.max_valid is None else limits.max_valid
        tolerance = limits.flatline_tolerance or 0.0
        stuck = stuck_at_limit(value, lowest, highest, limits.flatline_count, tolerance)
        flags[stuck] |= np.uint32(Flag.AT_LIMIT)
    return flags


def time_order(time: Times) -> NDArray[np.intp] | None:
    """Return the order that makes times rise; None where they do."""
    return None if bool((time[1:] >= time[:-1]).all()) else np.argsort(time, kind="stable")


def clean_series(
    time: Times,
    value: Floats,
    treatment: Treatment | None = None,
    *,
    profile: SensorProfile = UNKNOWN_SENSOR,
    now_ns: int | None = None,
    flags: Flags | None = None,
) -> CleanSeries:
    """Check a series, set outliers aside, estimate what is missing, and score every sample.

    Estimates rest on measured values alone, never on other estimates. Nothing is changed in place.

    Args:
        time: UTC nanoseconds, in any order.
        value: in the unit of the profile's limits; NaN where missing.
        treatment: of outliers and gaps.
        profile: of the sensor.
        now_ns: when the samples arrived; see `checked_flags`.
        flags: what is found already, where `checked_flags` has been asked before.
    """
    treatment = treatment or Treatment()
    found = checked_flags(time, value, profile, now_ns) if flags is None else flags.astype(np.uint32)
    order = time_order(time)
    if order is not None:
        time, value, found = time[order], value[order], found[order]
    result = value.copy()
    result[np.flatnonzero(found & _ABSENT)] = np.nan
    notes: list[str] = []
    removed: Bools | None = None
    if treatment.remove_outliers:
        verdict = outliers(result, treatment.outlier_method, treatment.outlier_threshold, profile.resolution)
        removed = verdict.found
        notes += [verdict.note] if verdict.note else []
        at = np.flatnonzero(removed)
        found[at] |= _OUTLIER
        result[at] = np.nan
    found |= course_flags(result, profile)
    imputed, replaced = _estimate(result, found, time, removed, treatment, notes)
    quality = _scores(found, profile.weights)
    outlier_count = int(removed.sum()) if removed is not None else 0
    if order is not None:
        back = np.empty_like(order)
        back[order] = np.arange(order.size)
        result, found, quality = result[back], found[back], quality[back]
    return CleanSeries(result, found, quality, outlier_count, imputed, replaced, tuple(dict.fromkeys(notes)))


def _estimate(
    result: Floats,
    found: NDArray[np.uint32],
    time: Times,
    removed: Bools | None,
    treatment: Treatment,
    notes: list[str],
) -> tuple[int, int]:
    """Fill in estimates and mark all that was missing; return how many of it were, and how many outliers."""
    missing = np.isnan(result)
    method = treatment.impute_method if treatment.impute_missing else None
    replacement = REPLACEMENTS[treatment.outlier_replace] if removed is not None else None
    gaps = np.flatnonzero(missing)
    out = np.zeros(gaps.size, dtype=np.bool_) if removed is None else removed[gaps]
    wanted = {(method, False): not out.all(), (replacement, True): bool(out.any())}
    # All are worked out before the first is filled in: none rests on another.
    worked_out = {
        name: estimates(
            result,
            missing,
            name,
            time=time,
            max_gap=treatment.max_impute_gap,
            period=treatment.seasonal_period if name == "seasonal" else None,
        )
        for name in dict.fromkeys(name for (name, _), some in wanted.items() if some and name)
    }
    counts = {False: 0, True: 0}
    for (name, is_out), some in wanted.items():
        if not (some and name):
            continue
        estimate = worked_out[name]
        notes += [estimate.note] if estimate.note else []
        chosen = np.isfinite(estimate.value)
        if removed is not None:
            chosen &= removed[estimate.at] == is_out
        at = estimate.at[chosen]
        result[at] = estimate.value[chosen]
        found[at] = found[at] & ~_ABSENT | _ESTIMATED
        counts[is_out] = at.size
    left = gaps[np.isnan(result[gaps])]
    found[left[found[left] & _ABSENT == 0]] |= np.uint32(Flag.MISSING)
    return counts[False], counts[True]


def _scores(flags: NDArray[np.uint32], weights: int) -> NDArray[np.uint8]:
    """Score samples of which most have no flag."""
    quality = np.full(flags.size, BEST_SCORE, np.uint8)
    at = np.flatnonzero(flags != 0)
    quality[at] = score(flags[at], weights)
    return quality
