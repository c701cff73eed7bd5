"""Every way to read words as numbers: each type, each order of words and bytes."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from integrations.protocols.modbus import ByteOrder, Function, Register, RegisterType

Words = NDArray[np.uint16]
Floats = NDArray[np.float64]

SINGLE = (RegisterType.UINT16, RegisterType.INT16)
WIDE = (RegisterType.UINT32, RegisterType.INT32, RegisterType.FLOAT32, RegisterType.FLOAT64)
TYPES = (*SINGLE, *WIDE)


class Candidate(Struct, frozen=True):
    """One way to read the registers from `address` on."""

    function: Function
    address: int
    type: RegisterType
    order: ByteOrder

    @property
    def width(self) -> int:
        """Registers it takes."""
        return self.type.dtype.itemsize // 2

    @property
    def end(self) -> int:
        """First address behind it."""
        return self.address + self.width

    def register(self, name: str = "value", unit: str = "") -> Register:
        """Return it as a service reads it."""
        return Register(name, self.address, self.type, self.function, self.order, unit=unit)


def orders_of(kind: RegisterType) -> tuple[ByteOrder, ...]:
    """Return the orders that differ for a type: a single register only knows its two bytes."""
    return (ByteOrder.ABCD, ByteOrder.BADC) if kind in SINGLE else tuple(ByteOrder)


def numbers(words: Words, kind: RegisterType, order: ByteOrder) -> Floats:
    """Read (…, n) words as a number from every register that has enough behind it: (…, n - width + 1)."""
    width = kind.dtype.itemsize // 2
    if words.shape[-1] < width:
        return np.empty((*words.shape[:-1], 0))
    windows = np.lib.stride_tricks.sliding_window_view(words, width, axis=-1)
    if order.low_word_first:
        windows = windows[..., ::-1]
    there: NDArray[Any] = np.ascontiguousarray(windows.astype("<u2" if order.swaps_bytes else ">u2"))
    with np.errstate(all="ignore"):  # a device may send a signalling NaN
        return there.view(kind.dtype.newbyteorder(">"))[..., 0].astype(np.float64)


def interpretations(function: Function, address: int, words: Words) -> Iterator[tuple[Candidate, Floats]]:
    """Yield every way to read samples (times, n) of the registers from `address` on, and its values."""
    for kind in TYPES:
        for order in orders_of(kind):
            values = numbers(words, kind, order)
            for at in range(values.shape[-1]):
                yield Candidate(function, address + at, kind, order), values[:, at]
