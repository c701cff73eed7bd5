"""What agents may put into a message freely: plain JSON of a bounded size, whatever Python gave it as."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, NoReturn
from uuid import UUID

from integrations.configuration import MISSING, ConfigurationError, Fault

MAX_NESTING = 16
"""Deepest nesting of lists and objects inside one field."""
MAX_VALUES = 20_000
"""Values in one field, those inside lists and objects counted."""
MAX_TEXT = 256 * 1024
"""Characters of one text."""
_PLAIN = (type(None), bool, int)
_INT_BITS = 64
_SIMPLER: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (Enum, lambda value: value.value),
    (datetime, datetime.isoformat),
    (UUID, str),
    (str, str.__str__),
    (int, int),
)
"""In what order to look at other types, and what they are made into; the last two are for subclasses."""


def plain_json(value: Any, name: str) -> Any:
    """Return a copy of `value` made of JSON's own types; `name` is what faults call it.

    Times become ISO 8601, enums their values, numpy's numbers Python's; NaN and infinities null, as in all
    our JSON.

    Raises:
        ConfigurationError: it nests too deep, is too large, or holds what JSON has no place for.
    """
    return _Copier().copy(value, name, 0)


class _Copier:
    """Copies one field and counts what it copies."""

    def __init__(self) -> None:
        self._left = MAX_VALUES

    def copy(self, value: Any, where: str, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            _refuse(where, f"has more than {MAX_VALUES} values with all around it, which is the most")
        if type(value) is str:
            return self._text(value, where)
        if type(value) in _PLAIN:
            return value if type(value) is not int else self._whole(value, where)
        if isinstance(value, Mapping | list | tuple):
            if depth >= MAX_NESTING:
                _refuse(where, f"is nested deeper than {MAX_NESTING}, which is the most")
            return self._nested(value, where, depth + 1)
        return self._other(value, where, depth)

    def _nested(self, value: Any, where: str, depth: int) -> Any:
        if not isinstance(value, Mapping):
            return [self.copy(one, f"{where}[{at}]", depth) for at, one in enumerate(value)]
        for key in value:
            if not isinstance(key, str):
                _refuse(where, "must have text as keys", key)
            self._text(key, where)
        return {str(key): self.copy(one, f"{where}.{key}", depth) for key, one in value.items()}

    def _other(self, value: Any, where: str, depth: int) -> Any:
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else None
        for kind, simpler in _SIMPLER:
            if isinstance(value, kind):
                return self.copy(simpler(value), where, depth)
        if hasattr(value, "tolist"):  # numpy's arrays and numbers
            return self.copy(value.tolist(), where, depth)
        return _refuse(where, "must be what JSON can hold", type(value).__name__)

    @staticmethod
    def _text(value: str, where: str) -> str:
        if len(value) > MAX_TEXT:
            _refuse(where, f"must be at most {MAX_TEXT} characters long", len(value))
        return value

    @staticmethod
    def _whole(value: int, where: str) -> int:
        if value.bit_length() >= _INT_BITS:
            _refuse(where, f"must be a whole number of less than {_INT_BITS} bits", value)
        return value


def _refuse(where: str, allowed: str, got: Any = MISSING) -> NoReturn:
    raise ConfigurationError([Fault("", where, got, allowed)])
