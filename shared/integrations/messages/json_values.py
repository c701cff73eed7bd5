"""What agents may put into a message freely: plain JSON of a bounded size, whatever Python gave it as."""

from typing import Any, NoReturn

import msgspec

from integrations.configuration import MISSING, ConfigurationError, Fault

from .codec import nests_deeper

MAX_NESTING = 16
"""Deepest nesting of lists and objects inside one field."""
MAX_JSON_BYTES = 256 * 1024
"""Bytes of one field as JSON."""


def plain_json(value: Any, name: str) -> Any:
    """Return a copy of `value` made of JSON's own types; `name` is what faults call it.

    Times become ISO 8601, enums their values, numpy's numbers and arrays Python's; NaN and infinities null,
    as in all our JSON.

    Raises:
        ConfigurationError: it nests too deep, is too large, or holds what JSON has no place for.
    """
    try:
        body = _encode(value)
    except RecursionError:
        _refuse(name, f"must not nest deeper than {MAX_NESTING}")
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError) as error:
        _refuse(name, f"must be what JSON can hold ({error})")
    if len(body) > MAX_JSON_BYTES:
        _refuse(name, f"must have at most {MAX_JSON_BYTES} bytes as JSON", len(body))
    if nests_deeper(body, MAX_NESTING):
        _refuse(name, f"must not nest deeper than {MAX_NESTING}")
    return _decode(body)


def _simpler(value: Any) -> Any:
    """Return what msgspec can write of subclasses of its types, and of what numpy has."""
    if hasattr(value, "tolist"):
        return value.tolist()
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(value)
    raise TypeError(f"no place for {type(value).__name__}")


def _refuse(name: str, allowed: str, got: Any = MISSING) -> NoReturn:
    raise ConfigurationError([Fault("", name, got, allowed)])


_encode = msgspec.json.Encoder(enc_hook=_simpler).encode
_decode = msgspec.json.Decoder().decode
