"""What a declared type allows, in words: the end of the sentence `<key> must be …`."""

from functools import cache
from typing import Any

from msgspec import inspect

_NOUNS: dict[type[inspect.Type], str] = {
    inspect.AnyType: "anything",
    inspect.NoneType: "nothing",
    inspect.BoolType: "true or false",
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.StrType: "text",
    inspect.ListType: "a list",
    inspect.VarTupleType: "a list",
    inspect.DictType: "a table",
    inspect.StructType: "a table",
}


@cache
def allowed(annotation: Any) -> str:
    """Return `must be` and what values of this annotation are, limits included."""
    return f"must be {_phrase(inspect.type_info(annotation))}"


@cache
def limits(annotation: Any) -> str:
    """Return `must be` and the limits alone, which is what a value of the right type needs to hear."""
    kind = _bare(inspect.type_info(annotation))
    bounds = _bounds(kind)
    return f"must be {bounds}" if bounds else allowed(annotation)


def _phrase(kind: inspect.Type) -> str:
    kind = _bare(kind)
    if isinstance(kind, inspect.EnumType):
        return _one_of(member.value for member in kind.cls)
    if isinstance(kind, inspect.LiteralType):
        return _one_of(kind.values)
    if isinstance(kind, inspect.UnionType):
        return " or ".join(_phrase(one) for one in kind.types if not isinstance(one, inspect.NoneType))
    noun = _NOUNS.get(type(kind)) or f"of type {type(kind).__name__.removesuffix('Type').lower()}"
    return ", ".join(part for part in (noun, _bounds(kind)) if part)


def _bare(kind: inspect.Type) -> inspect.Type:
    """Return the type without the wrapping that carries descriptions, and without `or None`."""
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    if isinstance(kind, inspect.UnionType):
        present = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
        return _bare(present[0]) if len(present) == 1 else kind
    return kind


def _one_of(values: Any) -> str:
    return f"one of {', '.join(str(value) for value in values)}"


def _bounds(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        return _number_bounds(kind)
    if isinstance(kind, inspect.StrType) and kind.pattern:
        return f"matching {kind.pattern}"
    unit = "characters" if isinstance(kind, inspect.StrType) else "entries"
    least, most = getattr(kind, "min_length", None), getattr(kind, "max_length", None)
    if least and most:
        return f"{least}..{most} {unit} long"
    if least:
        return "not empty" if least == 1 else f"at least {least} {unit} long"
    return f"at most {most} {unit} long" if most else ""


def _number_bounds(kind: inspect.IntType | inspect.FloatType) -> str:
    if kind.ge is not None and kind.le is not None:
        return f"{_plain(kind.ge)}..{_plain(kind.le)}"
    bounds = (("at least", kind.ge), ("greater than", kind.gt), ("at most", kind.le), ("less than", kind.lt))
    return " and ".join(f"{words} {_plain(bound)}" for words, bound in bounds if bound is not None)


def _plain(bound: float) -> str:
    """Return 4000000 and 0.5 as people write them, not 4e+06 or 1.0."""
    return str(int(bound)) if bound == int(bound) else str(bound)
