"""Weighted least squares: the smallest changes, by their uncertainties, after which all balances close.

With everything measured and V = diag(σ²) it is x̂ = y − V Aᵀ (A V Aᵀ)⁻¹ (A y − b). What is not measured is
projected out first (Crowe), and worked out from the reconciled rest where the constraints determine it.

Singular value decompositions do the work instead of inverses: constraints that say the same twice, meters
that nothing checks and quantities that nothing determines are what plants are made of, not errors.
Source: Narasimhan and Jordache, Data Reconciliation and Gross Error Detection, chapters 3 and 7.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import BalanceError

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

TOLERANCE = 1e-9
"""Relative size below which a singular value, or a part of a unit vector, is rounding and nothing else."""


class Constraints(NamedTuple):
    """`matrix` @ x = `constant` holds for true values x: a row a constraint, a column a variable."""

    matrix: Matrix
    constant: Vector

    @classmethod
    def of(cls, matrix: ArrayLike, constant: ArrayLike | None = None) -> "Constraints":
        """Return constraints from anything that is an array; the constant is zero unless given."""
        rows = np.asarray(matrix, np.float64)
        sums = np.zeros(len(rows)) if constant is None else np.asarray(constant, np.float64)
        if rows.ndim != 2 or sums.shape != rows.shape[:1]:
            raise BalanceError(f"constraints of shape {rows.shape} cannot have constants of {sums.shape}")
        return cls(rows, sums)


@dataclass(frozen=True)
class Reconciliation:
    """What the constraints make of measurements; arrays have one entry for each variable."""

    values: Vector
    """Reconciled, or worked out where not measured; NaN where nothing determines it."""
    uncertainties: Vector
    """Standard uncertainty of `values`; NaN where nothing determines it."""
    adjustments: Vector
    """Reconciled minus measured; NaN where not measured."""
    tests: Vector
    """The measurement test: adjustment in standard deviations of adjustments; NaN where nothing checks it."""
    errors: Vector
    """Measured minus true, if this measurement alone is wrong; NaN where nothing checks it."""
    error_uncertainties: Vector
    """Standard uncertainty of `errors`."""
    statistic: float
    """Sum of squares of all adjustments: the global test's chi-square statistic."""
    degrees: int
    """Its degrees of freedom: how many independent checks the constraints make."""

    @property
    def observable(self) -> NDArray[np.bool_]:
        """Which variables have a value."""
        return ~np.isnan(self.values)

    @property
    def checked(self) -> NDArray[np.bool_]:
        """Which measurements the others check."""
        return ~np.isnan(self.tests)


def reconcile(constraints: Constraints, values: ArrayLike, uncertainties: ArrayLike) -> Reconciliation:
    """Make measurements obey the constraints.

    Args:
        constraints: m rows, n columns.
        values: n measurements, NaN where there is none.
        uncertainties: n standard uncertainties above 0; not looked at where there is no measurement.

    Raises:
        BalanceError: shapes differ, or a measured value has no positive, finite uncertainty.
    """
    y, sigma = np.asarray(values, np.float64), np.asarray(uncertainties, np.float64)
    _check(constraints, y, sigma)
    measured = ~np.isnan(y)
    matrix, constant = _scaled_rows(constraints, np.where(measured, sigma, 0.0))
    unknown = _Unknown(matrix[:, ~measured])

    known = matrix[:, measured] * sigma[measured]  # a step of 1 is now one standard uncertainty
    residual = matrix[:, measured] @ y[measured] - constant
    left, sizes, right = _svd(unknown.without @ known)
    changes = -right.T @ ((left.T @ (unknown.without @ residual)) / sizes)
    checks = right.T @ right
    spread = np.eye(len(checks)) - checks

    found = _Columns(len(y))
    found.adjustments[measured] = sigma[measured] * changes
    found.values[measured] = y[measured] + found.adjustments[measured]
    found.uncertainties[measured] = sigma[measured] * _root(np.diag(spread))
    found.test(np.flatnonzero(measured), changes, np.diag(checks), sigma[measured])

    solve, solved = unknown.inverse(), np.flatnonzero(~measured)[unknown.determined]
    found.values[solved] = solve @ (constant - matrix[:, measured] @ found.values[measured])
    through = solve @ known
    found.uncertainties[solved] = _root(np.sum((through @ spread) * through, axis=1))
    return Reconciliation(**vars(found), statistic=float(changes @ changes), degrees=len(sizes))


class _Columns:
    """The arrays of a Reconciliation while they are filled."""

    def __init__(self, count: int) -> None:
        self.values, self.uncertainties, self.adjustments = (np.full(count, np.nan) for _ in range(3))
        self.tests, self.errors, self.error_uncertainties = (np.full(count, np.nan) for _ in range(3))

    def test(self, columns: NDArray[np.intp], changes: Vector, share: Vector, sigma: Vector) -> None:
        """Fill in the tests of measurements: `share` of each one's variance is checked by the others."""
        some = share > TOLERANCE
        at, root = columns[some], np.sqrt(share[some])
        self.tests[at] = changes[some] / root
        self.errors[at] = -changes[some] * sigma[some] / share[some]
        self.error_uncertainties[at] = sigma[some] / root


class _Unknown:
    """The columns of what is not measured: how to get rid of them, and how to solve for them."""

    def __init__(self, columns: Matrix) -> None:
        self._scales = np.abs(columns).max(axis=0, initial=0.0)
        self._scales[self._scales == 0.0] = 1.0
        self._left, self._sizes, self._right = _svd(columns / self._scales)
        self.determined = _norms(np.eye(columns.shape[1]) - self._right.T @ self._right) <= TOLERANCE
        """Which of them the constraints determine."""

    @property
    def without(self) -> Matrix:
        """What to multiply constraints by, from the left, for combinations that have none of them."""
        return np.eye(len(self._left)) - self._left @ self._left.T

    def inverse(self) -> Matrix:
        """From what the measured ones leave of the constants to those that are determined."""
        inverse = (self._right.T / self._sizes) @ self._left.T
        determined: Matrix = (inverse / self._scales[:, None])[self.determined]
        return determined


def _svd(matrix: Matrix) -> tuple[Matrix, Vector, Matrix]:
    """Return the decomposition of what is about 1 without what is rounding; it may have no part at all."""
    left, sizes, right = np.linalg.svd(matrix, full_matrices=False)
    rank = int(np.count_nonzero(sizes > TOLERANCE))
    return left[:, :rank], sizes[:rank], right[:rank]


def _scaled_rows(constraints: Constraints, sigma: Vector) -> Constraints:
    """Return rows that are 1 long in standard uncertainties: kilowatts must not outweigh tonnes.

    Rows of nothing but what is not measured get 1 as their largest entry, those of nothing are left out.
    """
    lengths, largest = _norms(constraints.matrix * sigma), np.abs(constraints.matrix).max(axis=1, initial=0.0)
    sizes = np.where(lengths > 0.0, lengths, largest)
    used = sizes > 0.0
    return Constraints(constraints.matrix[used] / sizes[used, None], constraints.constant[used] / sizes[used])


def _root(variances: Vector) -> Vector:
    """Return the roots of what only rounding makes negative."""
    roots: Vector = np.sqrt(np.clip(variances, 0.0, None))
    return roots


def _norms(rows: Matrix) -> Vector:
    norms: Vector = np.sqrt(np.sum(rows * rows, axis=1))
    return norms


def _check(constraints: Constraints, values: Vector, uncertainties: Vector) -> None:
    count = constraints.matrix.shape[1]
    if values.shape != (count,) or uncertainties.shape != (count,):
        shapes: Any = (values.shape, uncertainties.shape)
        raise BalanceError(f"values and uncertainties must have {count} entries, got {shapes}")
    if np.isinf(values).any():
        raise BalanceError("values must be finite, or NaN where there is no measurement")
    wrong = ~np.isnan(values) & ~((uncertainties > 0.0) & np.isfinite(uncertainties))
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise BalanceError(f"uncertainties[{at}] must be above 0 and finite, got {uncertainties[at]}")
