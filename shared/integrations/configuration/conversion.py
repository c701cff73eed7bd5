"""From plain values, as TOML or Python code gives them, to declared types; every fault named at once."""

import math
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from .faults import MISSING, ConfigurationError, Fault, FaultList
from .stand_ins import NoStandInError, stand_in
from .words import allowed, limits

T = TypeVar("T", bound=msgspec.Struct)
Converter = Callable[[Any, str, FaultList], Any]
"""Takes a value, its key and a list for the faults; returns the value in the declared type."""


def read_table(cls: type[T], table: Any, where: str) -> T:
    """Build `cls` from `table`; `where` is the table's name in messages.

    Raises:
        ConfigurationError: lists every unknown key, missing key and wrong value.
    """
    try:
        return read_struct(cls, table)
    except ConfigurationError as error:
        raise ConfigurationError(fault.under(where) for fault in error.faults) from None


def read_struct(cls: type[T], table: Any) -> T:
    """Build `cls` from the mapping `table`; faults carry keys only."""
    if not isinstance(table, Mapping):
        raise ConfigurationError([Fault("", "", table, "must be a table")])
    types = field_types(cls)
    faults = FaultList(_unknown(str(key), table[key], list(types)) for key in table if key not in types)
    values = {
        name: converter(annotation)(table[name], name, faults)
        for name, annotation in types.items()
        if name in table
    }
    required = [field.name for field in msgspec.structs.fields(cls) if field.required]
    missing = {name: types[name] for name in required if name not in table}
    faults += [Fault("", name, MISSING, "is missing") for name in missing]
    try:
        made = cls(**values, **{name: stand_in(annotation) for name, annotation in missing.items()})
    except ConfigurationError as error:  # it says again what is wrong with fields, and now also between them
        told = {str(fault) for fault in faults}
        faults += [f for f in error.faults if str(f) not in told and f.key not in missing]
    except NoStandInError:
        pass
    faults.raise_any()
    return made


@cache
def field_types(cls: Any) -> dict[str, Any]:
    """Annotations of a struct's fields, limits included."""
    hints = get_type_hints(cls, include_extras=True)
    return {name: hints[name] for name in cls.__struct_fields__}


@cache
def converter(annotation: Any) -> Converter:
    """Return what brings values to `annotation`; lists, tables and structs are looked into."""
    bare = get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation
    kind, parts = get_origin(bare), get_args(bare)
    if kind in (Union, UnionType):
        return _either(annotation, [converter(part) for part in parts if part is not NoneType])
    if kind in (list, tuple):
        return _items(annotation, converter(parts[0]))
    if kind is dict:
        return _entries(annotation, converter(parts[1]))
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        return _struct(bare)
    return _scalar(annotation)


def _scalar(annotation: Any) -> Converter:
    """Numbers, text, switches, enums: never NaN or an infinity; a whole number does for a float."""

    def convert(value: Any, key: str, faults: FaultList) -> Any:
        if isinstance(value, float):
            value = float(value)  # numpy's float64 is a float, but msgspec wants the very type
            if not math.isfinite(value):
                faults.append(Fault("", key, value, "must be a finite number"))
                return value
        try:
            return msgspec.convert(value, annotation)
        except (msgspec.ValidationError, OverflowError):
            faults.append(Fault("", key, value, _what_is_allowed(value, annotation)))
            return value

    return convert


def _what_is_allowed(value: Any, annotation: Any) -> str:
    """Return the limits alone where the type is right: a port of 99999 is a whole number already."""
    bare = get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation
    declared = get_origin(bare) or bare
    right_type = type(value) is declared or (type(value) is int and declared is float)
    return limits(annotation) if right_type else allowed(annotation)


def _either(annotation: Any, converters: list[Converter]) -> Converter:
    """`X | None`, or the first of several types that takes the value."""
    optional = NoneType in get_args(annotation)

    def convert(value: Any, key: str, faults: FaultList) -> Any:
        if value is None and optional:
            return None
        attempts = []
        for one in converters:
            attempts.append(found := FaultList())
            converted = one(value, key, found)
            if not found:
                return converted
        agreed = attempts[0] == attempts[-1]
        faults += attempts[0] if agreed else [Fault("", key, value, allowed(annotation))]
        return value

    return convert


def _items(annotation: Any, item: Converter) -> Converter:
    whole = _scalar(annotation)

    def convert(value: Any, key: str, faults: FaultList) -> Any:
        if not isinstance(value, list | tuple):
            return whole(value, key, faults)
        found = FaultList()
        items = [item(one, f"{key}[{at}]", found) for at, one in enumerate(value)]
        faults += found
        return items if found else whole(items, key, faults)

    return convert


def _entries(annotation: Any, entry: Converter) -> Converter:
    whole = _scalar(annotation)

    def convert(value: Any, key: str, faults: FaultList) -> Any:
        if not isinstance(value, Mapping):
            return whole(value, key, faults)
        found = FaultList()
        entries = {name: entry(one, f"{key}.{name}", found) for name, one in value.items()}
        faults += found
        return entries if found else whole(entries, key, faults)

    return convert


def _struct(cls: type[msgspec.Struct]) -> Converter:
    def convert(value: Any, key: str, faults: FaultList) -> Any:
        if isinstance(value, cls):
            return value
        try:
            return read_struct(cls, value)
        except ConfigurationError as error:
            faults.absorb(error, key)
            return value

    return convert


def _unknown(key: str, value: Any, known: list[str]) -> Fault:
    close = get_close_matches(key, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
    return Fault("", key, value, f"is not a known key ({hint})")
