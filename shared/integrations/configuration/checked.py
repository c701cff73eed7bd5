"""Structs that enforce their declared limits in the constructor too.

msgspec checks `Meta` limits when it converts, not when Python code constructs; a port of 99999 would pass.
"""

import math
from collections.abc import Iterable
from functools import cache
from typing import Any, get_type_hints

import msgspec

from .faults import ConfigurationError, Fault


class Checked(msgspec.Struct, frozen=True):
    """A frozen configuration struct: every limit in its annotations holds, or construction fails by name."""

    def __post_init__(self) -> None:
        """Check every field against its annotation, then the struct's own rules."""
        faults = [
            fault
            for name, annotation in field_types(type(self)).items()
            if (fault := check_value(name, getattr(self, name), annotation))
        ]
        faults.extend(self.faults() if not faults else ())
        if faults:
            raise ConfigurationError(faults)

    def faults(self) -> Iterable[Fault]:
        """Yield what is wrong between fields; called once each field alone is right."""
        return ()


@cache
def field_types(cls: Any) -> dict[str, Any]:
    """Annotations of a struct's fields, limits included."""
    hints = get_type_hints(cls, include_extras=True)
    return {name: hints[name] for name in cls.__struct_fields__}


def check_value(key: str, value: Any, annotation: Any) -> Fault | None:
    """Return the fault of `value` against `annotation`, or None; a non-finite number never passes."""
    if isinstance(value, float) and not math.isfinite(value):
        return Fault("", key, value, "must be a finite number")
    try:
        msgspec.convert(value, annotation, from_attributes=True)
    except msgspec.ValidationError as error:
        return Fault("", key, value, allowed_from(error))
    return None


def allowed_from(error: msgspec.ValidationError) -> str:
    """Rephrase msgspec's `Expected X, got Y - at $` as the end of the sentence `<key> …`."""
    text, _, path = str(error).partition(" - at `$")
    text = text.removeprefix("Expected ").split(", got ")[0]
    inside = path.rstrip("`")
    return f"must be {text}" + (f" at {inside}" if inside else "") if text else "is not valid"
