"""The errors of this room."""


class UnitError(ValueError):
    """Something is wrong with a unit."""


class UnknownUnitError(UnitError):
    """A unit that nobody here can read; `unit` is the text as it came."""

    def __init__(self, unit: str, hint: str = "") -> None:
        self.unit = unit
        super().__init__(f"unknown unit {unit!r}" + (f": {hint}" if hint else ""))


class IncompatibleUnitsError(UnitError):
    """Two known units that measure different things."""

    def __init__(self, from_unit: str, to_unit: str) -> None:
        self.from_unit = from_unit
        self.to_unit = to_unit
        super().__init__(f"cannot convert {from_unit!r} to {to_unit!r}")
