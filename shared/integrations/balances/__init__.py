"""Balances: measurements made to obey what must hold between them, and those that cannot be right named.

Pure functions on arrays; what must hold (mass, energy, saturation) is the caller's to say.
"""

from .chi_square import critical_value, exceedance
from .errors import BalanceError
from .gross_errors import SIGNIFICANCE, Suspicion, Verdict, agree, find_gross_errors
from .monitor import Change, Monitor
from .periods import Period, Periods
from .reconciliation import Constraints, Reconciliation, reconcile
from .successive import Linearise, NotConvergedError, solve

__all__ = [
    "SIGNIFICANCE",
    "BalanceError",
    "Change",
    "Constraints",
    "Linearise",
    "Monitor",
    "NotConvergedError",
    "Period",
    "Periods",
    "Reconciliation",
    "Suspicion",
    "Verdict",
    "agree",
    "critical_value",
    "exceedance",
    "find_gross_errors",
    "reconcile",
    "solve",
]
