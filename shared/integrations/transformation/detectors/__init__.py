"""Detectors on arrays: what is wrong with a series, by its values, its course, its fellows."""

from .behaviour import (
    after_gap,
    beyond_recent,
    flatline,
    left_baseline,
    noise_change,
    noise_level,
    rate_of_change,
    sampling_interval_ns,
    stuck_at_limit,
)
from .drift import Cusum, DriftDetector, Ewma, PageHinkley, baseline
from .group import GroupVerdict, HotellingGroup
from .hampel import hampel
from .isolation import isolation
from .methods import OUTLIER_METHODS, outliers
from .outliers import interquartile, modified_zscore, zscore
from .redundancy import inconsistent, middle
from .verdict import Verdict

__all__ = [
    "OUTLIER_METHODS",
    "Cusum",
    "DriftDetector",
    "Ewma",
    "GroupVerdict",
    "HotellingGroup",
    "PageHinkley",
    "Verdict",
    "after_gap",
    "baseline",
    "beyond_recent",
    "flatline",
    "hampel",
    "inconsistent",
    "interquartile",
    "isolation",
    "left_baseline",
    "middle",
    "modified_zscore",
    "noise_change",
    "noise_level",
    "outliers",
    "rate_of_change",
    "sampling_interval_ns",
    "stuck_at_limit",
    "zscore",
]
