"""Values in other units."""

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from integrations.transformation.errors import InvalidArgumentError
from integrations.transformation.segments import Floats
from integrations.units import (
    STANDARD_BAROMETER_BAR,
    PressureReference,
    affine,
    compatible,
)

from .columns import numbers
from .issues import UnitSystem

UNITS_BY_SYSTEM = {
    UnitSystem.SI: ("kg/s", "m³/s", "Pa", "K", "W", "J", "kg", "m³", "m/s", "kg/m³", "m"),
    UnitSystem.METRIC: ("t/h", "m³/h", "bar", "°C", "kW", "kWh", "t", "m³", "m/s", "kg/m³", "m"),
    UnitSystem.IMPERIAL: ("lb/h", "ft³/min", "psi", "°F", "hp", "Btu", "lb", "ft³", "ft/s", "lb/ft³", "ft"),
}
"""One unit for each kind of quantity."""


class UnitConverter:
    """Converts values between units; an unknown unit is an error, never a value that stays as it was.

    Args:
        barometer_bar: pressure of the air at the site, absolute.
        pressure_reference: what a pressure without a mark (`bar`, not `barg`) refers to; None lets it refer
            to whatever the other unit does.
    """

    def __init__(
        self,
        *,
        barometer_bar: float = STANDARD_BAROMETER_BAR,
        pressure_reference: PressureReference | None = None,
    ) -> None:
        if not barometer_bar > 0:
            raise InvalidArgumentError(f"barometer_bar must be greater than 0, got {barometer_bar!r}")
        self._barometer_bar = barometer_bar
        self._reference = pressure_reference

    @overload
    def convert(self, value: None, from_unit: str, to_unit: str) -> None: ...
    @overload
    def convert(self, value: float | str, from_unit: str, to_unit: str) -> float: ...
    @overload
    def convert(self, value: NDArray[Any], from_unit: str, to_unit: str) -> Floats: ...
    def convert(self, value: Any, from_unit: str, to_unit: str) -> Any:
        """Return a value, or an array of values, in another unit; None and NaN stay what they are.

        Raises:
            UnknownUnitError: names the unit.
            IncompatibleUnitsError: the units measure different things.
            InvalidArgumentError: text that is not a number.
        """
        scale, offset = affine(
            from_unit, to_unit, unmarked=self._reference, barometer_bar=self._barometer_bar
        )
        if value is None:
            return None
        if isinstance(value, np.ndarray):
            converted = _only_numbers(value) * scale
            if offset:
                converted += offset
            return converted
        return _number(value) * scale + offset

    def convert_all(self, values: Sequence[Any] | Floats, from_units: Sequence[str], to_unit: str) -> Floats:
        """Return values that come each in a unit of its own, as an array in one unit.

        Raises:
            UnitError: as `convert`.
        """
        found = numbers(values)
        different = set(from_units)
        pairs = {
            unit: affine(unit, to_unit, unmarked=self._reference, barometer_bar=self._barometer_bar)
            for unit in different
        }
        if len(pairs) == 1:
            ((scale, offset),) = pairs.values()
            return found * scale + offset
        scale_of = {unit: pair.scale for unit, pair in pairs.items()}
        offset_of = {unit: pair.offset for unit, pair in pairs.items()}
        converted = np.fromiter(map(scale_of.__getitem__, from_units), np.float64, found.size)
        converted *= found
        if any(offset_of.values()):
            converted += np.fromiter(map(offset_of.__getitem__, from_units), np.float64, found.size)
        return converted

    def to_system(self, value: float | None, unit: str, system: UnitSystem | str) -> tuple[float | None, str]:
        """Return a value in a system's own unit, and that unit.

        Raises:
            InvalidArgumentError: the system has no unit of its own for this.
            UnknownUnitError: names the unit.
        """
        chosen = self.unit_in(unit, system)
        return self.convert(value, unit, chosen), chosen

    @staticmethod
    def unit_in(unit: str, system: UnitSystem | str) -> str:
        """Return what a system measures in that `unit` also measures."""
        known = UNITS_BY_SYSTEM.get(UnitSystem(system), ())
        fitting = next((candidate for candidate in known if compatible(unit, candidate)), None)
        if fitting is None:
            raise InvalidArgumentError(f"unit system {UnitSystem(system).value!r} has no unit for {unit!r}")
        return fitting


def _only_numbers(values: NDArray[Any]) -> NDArray[Any]:
    """Return an array of numbers; one of objects or of text is read value by value."""
    if values.dtype.kind in "fiu":
        return values
    read = [np.nan if value is None else _number(value) for value in values.ravel().tolist()]
    return np.array(read, dtype=np.float64).reshape(values.shape)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise InvalidArgumentError(f"value must be a number, got {value!r}") from None


def common_unit(units: Sequence[str], wanted: str | None) -> str:
    """Return the unit that values in mixed units are brought to: the one wanted, else the first given."""
    return wanted if wanted is not None else next((unit for unit in units if unit), "")
