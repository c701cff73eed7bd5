"""One value of a device: where its registers are and how they become a number.

Addresses are 0-based as on the wire (manuals that count from 40001 or 30001: subtract that).
Source: MODBUS Application Protocol Specification V1.1b3, §4.4 and §6.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Self

import numpy as np
from msgspec import Meta

from integrations.configuration import Checked, Fault

LAST_ADDRESS = 0xFFFF


class Function(StrEnum):
    """Table a value is read from; `code` is the function code of the read."""

    HOLDING = "holding", 3
    INPUT = "input", 4
    COIL = "coil", 1
    DISCRETE = "discrete", 2

    code: int
    reads_bits: bool
    """Whether an address of this table is one bit, not a 16-bit register."""

    def __new__(cls, text: str, code: int) -> Self:
        """Let the configuration say "holding" and the wire 3."""
        member = str.__new__(cls, text)
        member._value_ = text
        member.code = code
        member.reads_bits = code <= 2
        return member


class RegisterType(StrEnum):
    """How registers are read as a number or a text."""

    INT16 = "int16"
    UINT16 = "uint16"
    INT32 = "int32"
    UINT32 = "uint32"
    INT64 = "int64"
    UINT64 = "uint64"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    STRING = "string"

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Numpy type of a number; a string has none."""
        return np.dtype(self.value)

    @property
    def is_float(self) -> bool:
        """Whether the number is IEEE 754."""
        return self in {RegisterType.FLOAT32, RegisterType.FLOAT64}

    @property
    def is_unsigned(self) -> bool:
        """Whether the number is an unsigned integer, so that bit fields make sense."""
        return self in {RegisterType.UINT16, RegisterType.UINT32, RegisterType.UINT64}


class ByteOrder(StrEnum):
    """How the bytes of a 32-bit value A B C D (A most significant) lie in two consecutive registers.

    For 64 bits the same two choices hold: CDAB reverses the four registers, BADC swaps the bytes in each,
    DCBA does both. A 16-bit value and a string know only the swapped bytes.
    """

    ABCD = "abcd"
    CDAB = "cdab"
    BADC = "badc"
    DCBA = "dcba"

    @property
    def low_word_first(self) -> bool:
        """Whether the least significant register has the lowest address."""
        return self in {ByteOrder.CDAB, ByteOrder.DCBA}

    @property
    def swaps_bytes(self) -> bool:
        """Whether the low byte comes first inside a register."""
        return self in {ByteOrder.BADC, ByteOrder.DCBA}


class Register(Checked, frozen=True):
    """A named value: `raw × scale + offset` in `unit`.

    `bit` (0 is the least significant) and `bits` take a field out of an unsigned integer; `length` is a
    string's length in registers; `not_available` is the raw number by which the device says "no value": it
    becomes NaN. A 64-bit integer beyond 2⁵³ loses its last digits, since every value is handed on as float64.
    """

    name: Annotated[str, Meta(min_length=1)]
    address: Annotated[int, Meta(ge=0, le=LAST_ADDRESS)]
    type: RegisterType = RegisterType.UINT16
    function: Function = Function.HOLDING
    order: ByteOrder = ByteOrder.ABCD
    scale: float = 1.0
    offset: float = 0.0
    unit: str = ""
    bit: Annotated[int, Meta(ge=0, le=63)] | None = None
    bits: Annotated[int, Meta(ge=1, le=53)] = 1
    length: Annotated[int, Meta(ge=1, le=125)] | None = None
    not_available: int | float | None = None

    @property
    def width(self) -> int:
        """Addresses the value takes: 16-bit registers, or one bit of a coil or discrete input."""
        if self.type is RegisterType.STRING:
            return self.length or 1
        return self.type.dtype.itemsize // 2

    @property
    def end(self) -> int:
        """First address behind the value."""
        return self.address + self.width

    def faults(self) -> Iterable[Fault]:
        """Check what the fields say together."""
        if self.end > LAST_ADDRESS + 1:
            yield Fault("", "address", self.address, f"must be at most {LAST_ADDRESS + 1 - self.width}")
        if self.scale == 0:
            yield Fault("", "scale", self.scale, "must not be 0")
        if self.function.reads_bits and (self.type is not RegisterType.UINT16 or self.bit is not None):
            yield Fault("", "type", self.type.value, f"must be left out: a {self.function.value} is one bit")
        if (self.type is RegisterType.STRING) != (self.length is not None):
            yield Fault("", "length", self.length, "must be given for a string, and only then")
        yield from self._bit_faults()
        yield from self._not_available_faults()

    def _bit_faults(self) -> Iterable[Fault]:
        if self.bit is None:
            if self.bits != 1:
                yield Fault("", "bits", self.bits, "needs the key bit beside it")
        elif not self.type.is_unsigned:
            yield Fault("", "bit", self.bit, "needs an unsigned integer type")
        elif self.bit + self.bits > self.width * 16:
            yield Fault("", "bits", self.bits, f"must end inside the value's {self.width * 16} bits")

    def _not_available_faults(self) -> Iterable[Fault]:
        if self.not_available is None:
            return
        if self.type is RegisterType.STRING or self.bit is not None:
            yield Fault("", "not_available", self.not_available, "is for numbers only")
        elif not self.type.is_float:
            limits = np.iinfo(self.type.value)
            if self.not_available % 1 or not limits.min <= self.not_available <= limits.max:
                allowed = f"must be a raw {self.type.value}, {limits.min}..{limits.max}"
                yield Fault("", "not_available", self.not_available, allowed)
