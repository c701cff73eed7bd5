"""Which measurements cannot be right: the global test, the measurement test, and serial elimination.

Source: Narasimhan and Jordache, Data Reconciliation and Gross Error Detection, chapters 7 and 8.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from .chi_square import critical_value
from .reconciliation import Reconciliation, Vector

SIGNIFICANCE = 0.01
ALTERNATIVE = critical_value(1, 0.05)
"""A measurement that explains this much less of the statistic than the most suspect one may be it as well."""


@dataclass(frozen=True)
class Suspicion:
    """One gross error, and whose it may be."""

    candidates: tuple[int, ...]
    """Variables, the most likely first; more than one where the constraints cannot tell them apart."""
    test: float
    """The first one's measurement test, in standard deviations."""
    error: float
    """What the first one shows too much, if it is the one."""
    error_uncertainty: float


@dataclass(frozen=True)
class Verdict:
    """What the tests say about one set of measurements."""

    whole: Reconciliation
    """With every measurement."""
    rest: Reconciliation
    """Without the most likely candidate of every suspicion."""
    critical: float
    """What the statistic of `whole` may be; infinite where nothing is checked."""
    suspicions: tuple[Suspicion, ...]
    """One for each elimination, in that order; empty when the measurements agree."""


def find_gross_errors(
    reconcile: Callable[[Vector], Reconciliation], values: ArrayLike, significance: float = SIGNIFICANCE
) -> Verdict:
    """Leave out the most suspect measurement until those that remain agree.

    Measurements agree when the global test passes and no single one fails its own, at `significance` shared
    between all of them (Šidák). `reconcile` is given the values, with NaN where one was left out.
    """
    remaining = np.array(values, np.float64)
    whole = rest = reconcile(remaining)
    suspicions: list[Suspicion] = []
    while not agree(rest, significance):
        suspicion = _most_suspect(rest)
        suspicions.append(suspicion)
        remaining[suspicion.candidates[0]] = np.nan
        rest = reconcile(remaining)
    return Verdict(whole, rest, critical_statistic(whole, significance), tuple(suspicions))


def agree(found: Reconciliation, significance: float = SIGNIFICANCE) -> bool:
    """Whether the measurements pass the global test and each its own; nothing to check passes."""
    if not found.degrees:
        return True
    tests = np.abs(found.tests[found.checked])
    return found.statistic <= critical_statistic(found, significance) and bool(
        tests.max(initial=0.0) <= _critical_test(tests.size, significance)
    )


def critical_statistic(found: Reconciliation, significance: float) -> float:
    """Return what the global test allows; infinity where nothing is checked."""
    return critical_value(found.degrees, significance) if found.degrees else np.inf


def _most_suspect(found: Reconciliation) -> Suspicion:
    """Return the measurement whose elimination explains most, which is its test squared, and its likes."""
    explained = np.where(found.checked, found.tests, 0.0) ** 2
    likely = np.flatnonzero(found.checked & (explained >= explained.max() - ALTERNATIVE))
    # equal but for rounding are equal: which comes first must not hang on the last bit
    first, *others = sorted(likely.tolist(), key=lambda at: -float(f"{explained[at]:.9g}"))
    return Suspicion(
        (first, *others),
        float(found.tests[first]),
        float(found.errors[first]),
        float(found.error_uncertainties[first]),
    )


def _critical_test(count: int, significance: float) -> float:
    each = 1.0 - (1.0 - significance) ** (1.0 / count)
    return NormalDist().inv_cdf(1.0 - each / 2.0)
