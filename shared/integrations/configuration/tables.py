"""From a mapping (a TOML table) to a checked struct, with every fault named at once."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

import msgspec

from .checked import allowed_from, check_value, field_types
from .faults import MISSING, ConfigurationError, Fault, FaultList

T = TypeVar("T", bound=msgspec.Struct)


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
    fields = {field.name: field for field in msgspec.structs.fields(cls)}
    values: dict[str, Any] = {}
    for name, annotation in types.items():
        if name in table:
            _read_value(name, table[name], annotation, values, faults)
        elif fields[name].required:
            faults.append(Fault("", name, MISSING, "is missing"))
    faults.raise_any()
    return cls(**values)


def _read_value(name: str, value: Any, annotation: Any, values: dict[str, Any], faults: FaultList) -> None:
    if isinstance(value, float) and (fault := check_value(name, value, annotation)):
        faults.append(fault)
        return
    try:
        values[name] = msgspec.convert(value, annotation)
    except msgspec.ValidationError as error:
        faults.append(Fault("", name, value, allowed_from(error)))


def _unknown(key: str, value: Any, known: list[str]) -> Fault:
    close = get_close_matches(key, known, n=1)
    hint = f"; did you mean {close[0]}?" if close else f"; known: {', '.join(known)}"
    return Fault("", key, value, f"is not a known key{hint}")
