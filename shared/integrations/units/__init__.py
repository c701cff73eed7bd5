"""Units as people write them, turned into a scale and an offset."""

from .conversion import (
    STANDARD_BAROMETER_BAR,
    Affine,
    PressureReference,
    affine,
    compatible,
    is_pressure,
    parse_unit,
)
from .errors import IncompatibleUnitsError, UnitError, UnknownUnitError

__all__ = [
    "STANDARD_BAROMETER_BAR",
    "Affine",
    "IncompatibleUnitsError",
    "PressureReference",
    "UnitError",
    "UnknownUnitError",
    "affine",
    "compatible",
    "is_pressure",
    "parse_unit",
]
