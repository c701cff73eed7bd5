"""From engineering values to register words: the inverse of decode, for simulators and tests."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from integrations.protocols.errors import ProtocolError

from .groups import Floats, Group, grouped, scaling
from .layout import Layout, Words
from .registers import Register, RegisterType
from .table import RegisterTable, span_of


class EncodeError(ProtocolError, ValueError):
    """A value has no place in its registers."""


class Encoder:
    """A table compiled for writing images."""

    def __init__(self, table: RegisterTable) -> None:
        self.layout = Layout(table)
        self._table = table
        self._groups = grouped(table, self.layout)
        self._factors, self._divisors, self._offsets = scaling(table)

    def __call__(self, values: ArrayLike, texts: Mapping[str, str] | None = None) -> Words:
        """Encode values (registers,) in the table's order and units; the column of a string is ignored.

        Integers are rounded to the nearest raw number; NaN becomes `not_available`.

        Raises:
            EncodeError: a value is out of its type's range, or NaN where the registers cannot say so.
        """
        given = np.asarray(values, np.float64)
        if given.shape != (len(self._table),):
            raise EncodeError(f"values must have shape ({len(self._table)},), got {given.shape}")
        raw = (given - self._offsets) * self._divisors / self._factors
        image = np.zeros(self.layout.size, np.uint16)
        for group in self._groups:
            _encode_group(group, raw[group.columns], image)
        for register in self._table.registers:
            if register.type is RegisterType.STRING:
                image[self.layout.slice(span_of(register))] = _text_words(
                    register, (texts or {}).get(register.name, "")
                )
        return image


def _encode_group(group: Group, raw: Floats, image: Words) -> None:
    typed = np.array(
        [_raw(r, value) for r, value in zip(group.registers, raw.tolist(), strict=True)], group.dtype
    )
    words: NDArray[Any] = typed.view(np.uint16).reshape(group.words.shape)
    if group.swaps_bytes:
        words = words.byteswap()
    if group.registers[0].bit is None:
        image[group.words] = words
    else:
        np.bitwise_or.at(image, group.words, words)


def _raw(register: Register, value: float) -> int | float:
    if value != value and register.not_available is not None:  # noqa: PLR0124 # NaN is what differs from itself
        return register.not_available
    if register.type.is_float:
        return value
    limits = np.iinfo(register.type.value)
    low, high = (limits.min, limits.max) if register.bit is None else (0, (1 << register.bits) - 1)
    if register.function.reads_bits:
        high = 1
    if not np.isfinite(value) or not low <= round(value) <= high:
        raise EncodeError(
            f"{register.name} must be a raw {register.type.value} in {low}..{high}, got {value}"
        )
    return round(value) << (register.bit or 0)


def _text_words(register: Register, text: str) -> NDArray[Any]:
    data = text.encode("latin-1", "replace").ljust(register.width * 2, b"\0")
    if len(data) > register.width * 2:
        raise EncodeError(f"{register.name} must fit {register.width} registers, got {len(text)} characters")
    return np.frombuffer(data, "<u2" if register.order.swaps_bytes else ">u2")


def encode(table: RegisterTable, values: ArrayLike, texts: Mapping[str, str] | None = None) -> Words:
    """Encode once; whoever serves a device keeps an `Encoder`."""
    return Encoder(table)(values, texts)
