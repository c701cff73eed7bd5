"""What balances cannot be computed from."""


class BalanceError(ValueError):
    """Constraints, values and uncertainties do not belong together."""
