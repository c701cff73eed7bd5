"""Answers of a server, read within bounds: asyncua's reader believes every length that it is told.

Importing this puts bounds around five of its functions, for every message that is read in the process.
"""

import functools
import math
import struct
from collections.abc import Callable
from typing import Any

from asyncua import ua
from asyncua.common.utils import Buffer, NotEnoughData
from asyncua.ua import ua_binary

Read = Callable[[Buffer], Any]

MOST_ELEMENTS = 500_000
"""Of all arrays of a message: real ones need more bytes than a message may have long before."""
MOST_DIMENSIONS = 16
TOO_MUCH = ua.StatusCodes.BadEncodingLimitsExceeded
LENGTH = struct.Struct("<i")


class BoundedBuffer(Buffer):  # type: ignore[misc]  # asyncua is not type-checked: see pyproject
    """A message whose arrays are counted together, those in its parts included."""

    def __init__(self, data: bytes, start: int = 0, size: int = -1, left: list[int] | None = None) -> None:
        super().__init__(data, start, size)
        self.left = [MOST_ELEMENTS] if left is None else left

    def copy(self, size: int = -1) -> "BoundedBuffer":
        """Return the next bytes as a part."""
        if size == -1 or size > self._size:
            size = self._size
        return BoundedBuffer(self._data, self._cur_pos, size, self.left)


def _bytes(data: Buffer) -> bytes | None:
    """Read a string of bytes; a negative length would lead back to what was read already."""
    length = ua_binary.Primitives.Int32.unpack(data)
    if length < -1:
        raise ua.UaError(f"a length of {length} bytes")
    return None if length == -1 else data.read(length)


def _text(data: Buffer) -> str | None:
    """Read a text; what is no UTF-8 is replaced: neither JSON nor TOML could write it."""
    text = _bytes(data)
    return None if text is None else text.decode(ua_binary.get_string_encoding(), errors="replace")


def _counted(reader: Callable[[Any], Read]) -> Callable[[Any], Read]:
    """Return what makes readers of arrays, with each array's length checked before it is read."""

    @functools.cache
    def bounded_reader(kind: Any) -> Read:
        read = reader(kind)
        if isinstance(kind, ua.VariantType) and hasattr(ua_binary.Primitives1, kind.name):
            return read  # taken from the message in one piece, or not at all

        def bounded(data: Buffer) -> Any:
            _check_length(data)
            return read(data)

        return bounded

    return bounded_reader


def _check_length(data: Buffer) -> None:
    """Let no array be longer than what is left of the message: even nothing takes a byte."""
    length = LENGTH.unpack(data.copy(LENGTH.size).read(LENGTH.size))[0]
    if length > len(data) - LENGTH.size:
        raise NotEnoughData(f"an array of {length} elements in {len(data)} bytes")
    if isinstance(data, BoundedBuffer):
        data.left[0] -= max(length, 0)
        if data.left[0] < 0:
            raise ua.UaStatusCodeError(TOO_MUCH)


def _reshaped(flat: list[Any] | None, dimensions: list[int] | None) -> list[Any] | None:
    """Return a matrix as lists of lists; one whose dimensions do not fit its values stays flat."""
    if not flat or not dimensions or len(dimensions) > MOST_DIMENSIONS:
        return flat
    if min(dimensions) < 1 or math.prod(dimensions) != len(flat):
        return flat
    for size in reversed(dimensions[1:]):
        flat = [flat[at : at + size] for at in range(0, len(flat), size)]
    return flat


type(ua_binary.Primitives.Bytes).unpack = staticmethod(_bytes)
type(ua_binary.Primitives.String).unpack = staticmethod(_text)
ua_binary._reshape = _reshaped  # noqa: SLF001  # asyncua has no other way in
for _name in ("_create_list_deserializer", "_create_uatype_array_deserializer"):
    setattr(ua_binary, _name, _counted(getattr(ua_binary, _name)))
for _name in ("uatype", "type", "dataclass"):  # what was made of the others before
    getattr(ua_binary, f"_create_{_name}_deserializer").cache_clear()
