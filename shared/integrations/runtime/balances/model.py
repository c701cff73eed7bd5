"""A configured balance: values of its variables in, reconciled values and verdicts out."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from integrations.balances import (
    BalanceError,
    Constraints,
    Reconciliation,
    Verdict,
    find_gross_errors,
    solve,
)
from integrations.runtime.balances.config import BalanceConfig, Role
from integrations.runtime.balances.physics import linearised, rows_of
from integrations.steam import SteamError

Values = NDArray[np.float64]

STARTS = {Role.FLOW: 1.0, Role.PRESSURE: 5.0, Role.DROP: 0.0, Role.TEMPERATURE: 100.0, Role.POWER: 0.0}
"""Where the search begins for what has never been measured."""


class ImpossibleStateError(BalanceError):
    """The measurements describe no state that water or steam can have."""


class Balance:
    """Variables in the order of the configuration; what must hold between them as it is now."""

    def __init__(self, config: BalanceConfig) -> None:
        self.names = tuple(config.variables)
        self.roles = tuple(config.role(name) for name in self.names)
        self.sensors: Mapping[str, int] = {
            variable.sensor: at
            for at, variable in enumerate(config.variables.values())
            if variable.sensor is not None
        }
        variables = config.variables.values()
        self._assumed = np.array([_or_nan(variable.assumed) for variable in variables])
        self._absolute = np.array([_or_nan(variable.uncertainty) for variable in variables])
        self._relative = np.array([variable.uncertainty_percent / 100.0 for variable in variables])
        self._significance = config.significance
        columns = {name: at for at, name in enumerate(self.names)}
        self._rows = [rows_of(part, columns) for part in config.parts()]
        self._holds = dict.fromkeys(self._rows, True)
        self._start = np.array([STARTS[role] for role in self.roles])

    def complete(self, measured: Values) -> Values:
        """Return values of all variables, NaN where there is none; note which constraints hold for them."""
        values = np.where(np.isnan(self._assumed), measured, self._assumed)
        for row in self._rows:
            holds = row.holds(values)
            self._holds[row] = self._holds[row] if holds is None else holds
        self._start = np.where(np.isnan(values), self._start, values)
        return values

    def reconcile(self, values: Values) -> Reconciliation:
        """Return the reconciliation of values that are `complete`, or of which some were left out.

        Raises:
            ImpossibleStateError: no such steam or water exists.
            BalanceError: there is no solution.
        """
        uncertainties = np.hypot(self._absolute, self._relative * values)
        try:
            return solve(self._linearised, values, uncertainties, self._start)
        except (SteamError, np.linalg.LinAlgError) as error:
            raise ImpossibleStateError(str(error)) from error

    def find(self, values: Values) -> Verdict:
        """Return what the tests say of the mean of `complete` values; raises as `reconcile`."""
        return find_gross_errors(self.reconcile, values, self._significance)

    def _linearised(self, values: Values) -> Constraints:
        return linearised([row for row, holds in self._holds.items() if holds], values)


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value
