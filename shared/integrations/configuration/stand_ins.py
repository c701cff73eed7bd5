"""What stands in for a field that is wrong or missing, so that rules between fields can still be judged."""

from collections.abc import Iterable
from enum import Enum
from itertools import product
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import msgspec

MOST_COMBINATIONS = 64
"""Ways to fill in fields that are tried; beyond that nothing is said of the rules."""


class NoStandInError(LookupError):
    """Nothing is known that might stand in a field, or too much."""


def fillings(given: Any, wrong: Iterable[str], annotations: dict[str, Any]) -> list[dict[str, Any]]:
    """Return each way to fill in the fields `wrong` of the struct `given`.

    Every value where they can be listed, since rules depend on choices; a number that is out of its limits
    as it is; else the field's default.

    Raises:
        NoStandInError: a field has none, or there would be too many ways.
    """
    fields = {field.name: field for field in msgspec.structs.fields(type(given))}
    names = sorted(wrong)
    choices = [_choices(fields[name], annotations[name], getattr(given, name)) for name in names]
    ways = 1
    for values in choices:
        ways *= len(values)
    if ways > MOST_COMBINATIONS:
        raise NoStandInError(f"{ways} ways")
    return [dict(zip(names, values, strict=True)) for values in product(*choices)]


def stand_in(annotation: Any) -> Any:
    """Return something of the type of a field that is missing: a text or a number.

    Raises:
        NoStandInError: it is of another type.
    """
    bare = _bare(annotation)
    if bare is str:
        return "any"
    if bare in (int, float):
        return 1
    raise NoStandInError(str(annotation))


def _choices(field: Any, annotation: Any, given: Any) -> list[Any]:
    bare = _bare(annotation)
    if listed := _all_values(bare):
        return listed
    if type(given) in (int, float) and _takes_numbers(bare):
        return [given]
    if field.default is not msgspec.NODEFAULT:
        return [field.default]
    if field.default_factory is not msgspec.NODEFAULT:
        return [field.default_factory()]
    return [stand_in(annotation)]


def _all_values(bare: Any) -> list[Any]:
    """Return every value of a type that has few; nothing for others."""
    if isinstance(bare, type) and issubclass(bare, Enum):
        return list(bare)
    if get_origin(bare) is Literal:
        return list(get_args(bare))
    return [False, True] if bare is bool else []


def _takes_numbers(bare: Any) -> bool:
    parts = get_args(bare) if get_origin(bare) in (Union, UnionType) else (bare,)
    return any(_bare(part) in (int, float) for part in parts)


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation
