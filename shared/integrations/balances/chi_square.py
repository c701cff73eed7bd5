"""The chi-square distribution for whole degrees of freedom, exactly: closed forms, no tables.

Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.4.4 and 26.4.5.
"""

from functools import lru_cache
from math import erfc, exp, lgamma, log, sqrt

from .errors import BalanceError

BISECTIONS = 200
"""More than halving takes to leave nothing between two floats."""


def exceedance(statistic: float, degrees: int) -> float:
    """Probability that chance alone makes a chi-square statistic larger than `statistic`.

    Raises:
        BalanceError: fewer than 1 degree of freedom, or the statistic is negative or NaN.
    """
    if degrees < 1:
        raise BalanceError(f"degrees must be at least 1, got {degrees}")
    if not statistic >= 0.0:
        raise BalanceError(f"statistic must be at least 0, got {statistic}")
    half = statistic / 2.0
    if half == 0.0:
        return 1.0
    odd = degrees % 2
    powers = (at + odd / 2.0 for at in range(degrees // 2))
    tail = erfc(sqrt(half)) if odd else 0.0
    return min(1.0, tail + sum(exp(power * log(half) - half - lgamma(power + 1.0)) for power in powers))


@lru_cache(maxsize=1024)
def critical_value(degrees: int, significance: float) -> float:
    """Statistic that chance exceeds with probability `significance`.

    Raises:
        BalanceError: fewer than 1 degree of freedom, or a significance outside 0 to 1.
    """
    if not 0.0 < significance < 1.0:
        raise BalanceError(f"significance must be between 0 and 1, got {significance}")
    low, high = 0.0, float(degrees)
    while exceedance(high, degrees) > significance:
        low, high = high, 2.0 * high
    for _ in range(BISECTIONS):
        middle = (low + high) / 2.0
        if middle in (low, high):
            break
        if exceedance(middle, degrees) > significance:
            low = middle
        else:
            high = middle
    return high
