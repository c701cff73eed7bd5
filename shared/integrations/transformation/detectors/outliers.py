"""Outliers of a whole series by its values alone; order and time do not matter.

A threshold counts in standard deviations of a normal distribution in every method. Missing values are NaN.
"""

import numpy as np

from integrations.transformation.segments import Bools, Floats

from .scales import checked_threshold, least_scale, median_scale
from .verdict import Verdict, among, blind

SMALL = 12
"""Below so many values the z-score leaves the value it judges out."""
EXACT = 64
"""Up to so many values each is left out in turn; beyond, sums are corrected for it."""
SIGMAS_PER_FENCE = 2.0
"""Tukey's fence of 1.5 interquartile ranges goes with the usual threshold of 3."""


def zscore(value: Floats, threshold: float = 3.0, resolution: float = 0.0) -> Verdict:
    """Find values more than `threshold` standard deviations from the mean.

    A value inflates the deviation it is measured by, so that |z| never exceeds (n − 1)/√n. With fewer than
    12 values, and wherever that bound keeps the test from firing, each value is therefore compared with mean
    and deviation of all others (leave-one-out).

    Args:
        value: any order, NaN where missing.
        threshold: in standard deviations.
        resolution: of the sensor, the least deviation that counts.

    Raises:
        InvalidArgumentError: threshold not above 0.
    """
    threshold = checked_threshold(threshold)
    finite = np.isfinite(value)
    present = value if finite.all() else value[finite]
    count = present.size
    if count < 3:
        return blind(value, f"zscore needs 3 values, there are {count}")
    floor = least_scale(present, resolution)
    if count < SMALL or (count - 1) / np.sqrt(count) <= threshold:
        return Verdict(among(finite, _beyond_the_others(present, threshold, floor)))
    deviation = max(float(np.std(present, ddof=1)), floor)
    return Verdict(among(finite, np.abs(present - present.mean()) > threshold * deviation))


def modified_zscore(value: Floats, threshold: float = 3.5, resolution: float = 0.0) -> Verdict:
    """Find values by median and median absolute deviation, which up to half the values cannot move.

    Source: Iglewicz and Hoaglin (1993), How to Detect and Handle Outliers.
    """
    threshold = checked_threshold(threshold)
    finite = np.isfinite(value)
    present = value if finite.all() else value[finite]
    if present.size < 3:
        return blind(value, f"mad needs 3 values, there are {present.size}")
    median = float(np.median(present))
    scale = median_scale(present, median, resolution)
    return Verdict(among(finite, np.abs(present - median) > threshold * scale))


def interquartile(value: Floats, threshold: float = 3.0, resolution: float = 0.0) -> Verdict:
    """Find values beyond Tukey's fences, threshold/2 interquartile ranges from the quartiles."""
    fence = checked_threshold(threshold) / SIGMAS_PER_FENCE
    finite = np.isfinite(value)
    present = value if finite.all() else value[finite]
    count = present.size
    # Of up to four values the farthest has this share in its own quartile, and may carry the fence along.
    share = {2: 0.75, 3: 0.5, 4: 0.25}.get(count, 0.0)
    if count < 2 or share * (1 + fence) >= 1:
        return blind(value, f"iqr cannot fire on {count} values at threshold {threshold:g}")
    lower, upper = np.quantile(present, (0.25, 0.75))
    reach = fence * max(float(upper - lower), least_scale(present, resolution))
    return Verdict(among(finite, (present < lower - reach) | (present > upper + reach)))


def _beyond_the_others(value: Floats, threshold: float, floor: float) -> Bools:
    """Compare each value with mean and standard deviation of all others."""
    count = value.size
    if count <= EXACT:
        others = np.broadcast_to(value, (count, count))[~np.eye(count, dtype=np.bool_)].reshape(count, -1)
        mean, deviation = others.mean(axis=1), others.std(axis=1, ddof=1)
    else:
        distance = value - value.mean()
        mean = value - distance * count / (count - 1)
        rest = np.square(distance).sum() - np.square(distance) * count / (count - 1)
        deviation = np.sqrt(np.maximum(rest, 0.0) / (count - 2))
    found: Bools = np.abs(value - mean) > threshold * np.maximum(deviation, floor)
    return found
