"""Constraints that are not linear: linearised at the solution again and again until it stays where it is."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from .errors import BalanceError
from .reconciliation import Constraints, Reconciliation, Vector, reconcile

Linearise = Callable[[Vector], Constraints]
"""From any values of all variables to the constraints as they are near those."""

CLOSE_ENOUGH = 1e-6
"""Step, in standard uncertainties, after which another changes nothing anybody could measure."""
ROUNDING = 1e-9
"""What rounding alone may move a value by, relatively."""
MAX_STEPS = 25


class NotConvergedError(BalanceError):
    """The constraints have no solution near the measurements."""


def solve(
    linearise: Linearise, values: ArrayLike, uncertainties: ArrayLike, start: ArrayLike
) -> Reconciliation:
    """Reconcile under constraints that `linearise` gives; see `reconcile`.

    Args:
        linearise: is called with `start`, then with every better solution.
        values: measurements, NaN where there is none.
        uncertainties: of the measurements.
        start: where to begin for what is not measured, and what stays for what nothing determines.

    Raises:
        NotConvergedError: the solution still moves after MAX_STEPS.
        BalanceError: as `reconcile`.
    """
    y = np.asarray(values, np.float64)
    at = np.where(np.isnan(y), start, y)
    for _ in range(MAX_STEPS):
        found = reconcile(linearise(at), y, uncertainties)
        better = np.where(found.observable, found.values, at)
        # a value that is known exactly has no uncertainty to compare with
        enough = CLOSE_ENOUGH * np.where(found.observable, found.uncertainties, 1.0) + ROUNDING * np.abs(
            better
        )
        if (np.abs(better - at) <= enough).all():
            return found
        at = better
    raise NotConvergedError(f"no solution near the measurements after {MAX_STEPS} steps")
