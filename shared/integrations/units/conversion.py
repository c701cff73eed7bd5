"""Units become two numbers when a channel is set up: value_to = scale × value_from + offset.

pint works here and nowhere else; readings meet plain arithmetic. Whether a pressure is gauge or absolute is a
matter of its reference and the site's barometer, not of its unit.
"""

import re
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, NamedTuple

from .errors import IncompatibleUnitsError, UnknownUnitError
from .names import MAX_LENGTH, hint, pint_expression

STANDARD_BAROMETER_BAR = 1.01325
"""Standard atmosphere, ISO 2533; a site that lies high or measures well configures its own."""

_MARK = re.compile(r"(?P<base>.+?)\s*[(_]?(?P<mark>gauge|abs|diff|g|a|d)\)?", re.IGNORECASE)


DEFINITIONS = (
    "acidity = [acidity]",
    "level = [level]",
    "ppb = 1e-9",
    "normal_cubic_meter = [normal_volume]",
    "normal_liter = 0.001 * normal_cubic_meter",
    "standard_cubic_foot = [standard_volume]",
)
"""What pint has no unit for, or one that a scale and an offset cannot convert."""


class PressureReference(StrEnum):
    """What a pressure is measured against."""

    GAUGE = "gauge"
    ABSOLUTE = "absolute"
    DIFFERENTIAL = "differential"


_MARKS = {
    "g": PressureReference.GAUGE,
    "a": PressureReference.ABSOLUTE,
    "d": PressureReference.DIFFERENTIAL,
}


class Unit(NamedTuple):
    """A unit as pint spells it, and the pressure reference its text carries (`barg`, `psia`), if any."""

    expression: str
    reference: PressureReference | None = None


class Affine(NamedTuple):
    """value_to = scale × value_from + offset."""

    scale: float
    offset: float


IDENTITY = Affine(1.0, 0.0)


@lru_cache(maxsize=1024)
def parse_unit(text: str) -> Unit:
    """Read a unit as people write it: `t/hr`, `kg/cm²`, `psig`, `bar(a)`, `°C`.

    Raises:
        UnknownUnitError: names the text.
    """
    if not isinstance(text, str):
        raise UnknownUnitError(text)
    if expression := pint_expression(text):
        return Unit(expression)
    match = _MARK.fullmatch(text.strip()[: MAX_LENGTH + 1])
    base = match and pint_expression(match["base"])
    if match and base and _dimensions(base) == _dimensions("bar"):
        return Unit(base, _MARKS[match["mark"][0].lower()])
    raise UnknownUnitError(text, hint(text))


@lru_cache(maxsize=4096)
def affine(
    from_unit: str,
    to_unit: str,
    *,
    unmarked: PressureReference | None = None,
    barometer_bar: float = STANDARD_BAROMETER_BAR,
) -> Affine:
    """Return scale and offset from one unit to the other.

    A pressure unit without a mark (`bar`) has the reference `unmarked`; when that is None it has the other
    unit's reference, so `psig` to `bar` stays gauge and nothing is added in silence.

    Raises:
        UnknownUnitError: one of the units is unknown.
        IncompatibleUnitsError: they measure different things, or only one of two pressures is a difference.
    """
    source, target = parse_unit(from_unit), parse_unit(to_unit)
    if not compatible(from_unit, to_unit):
        raise IncompatibleUnitsError(from_unit, to_unit)
    scale = _convert(1.0, _difference(source.expression), _difference(target.expression))
    offset = _convert(0.0, source.expression, target.expression)
    from_reference = source.reference or unmarked or target.reference
    to_reference = target.reference or unmarked or source.reference
    if from_reference is not to_reference and is_pressure(from_unit):
        if PressureReference.DIFFERENTIAL in (from_reference, to_reference):
            raise IncompatibleUnitsError(from_unit, to_unit)
        barometer = _convert(barometer_bar, "bar", target.expression)
        offset += barometer if to_reference is PressureReference.ABSOLUTE else -barometer
    return Affine(_rounded(scale), _rounded(offset))


@lru_cache(maxsize=4096)
def compatible(one: str, other: str) -> bool:
    """Whether two known units measure the same thing; pressure references are not looked at."""
    return bool(_dimensions(parse_unit(one).expression) == _dimensions(parse_unit(other).expression))


def is_pressure(unit: str) -> bool:
    """Whether a known unit measures pressure."""
    return compatible(unit, "bar")


def _convert(value: float, source: str, target: str) -> float:
    return value if source == target else float(_registry().convert(value, source, target))


def _rounded(value: float) -> float:
    """Shed the noise of a chain of factors, which would make 0 °C 31.999999999999936 °F."""
    return float(f"{value:.14g}")


def _dimensions(expression: str) -> Any:
    return _registry().parse_units(expression).dimensionality


def _difference(expression: str) -> str:
    return f"delta_{expression}" if expression.startswith("degree_") else expression


@cache
def _registry() -> Any:
    import pint  # noqa: PLC0415  # half a second that a process without units to convert need not spend

    registry: Any = pint.UnitRegistry(cache_folder=None)
    for definition in DEFINITIONS:
        registry.define(definition)
    return registry
