"""How much a number looks like something that a plant measures, from 0 to 1.

Most ways to read two registers give numbers that no instrument shows: 3·10⁻²⁷, or 1,632,501,948. Exponents
of floats are the strongest sign, since of random ones one in eight is in a plant's range. What moves is the
next: read rightly it moves a little, read wrongly it jumps.
"""

import math

import numpy as np

from integrations.protocols.modbus import ByteOrder, RegisterType

from .interpretations import Candidate, Floats

EMPTY = 0.02
"""A number that could be anything, or nothing: 0, and the bit patterns that mean that there is no value."""
CALM = 0.1
"""So much of itself a value may move from one sample to the next."""
_ORDERS = {ByteOrder.ABCD: 1.0, ByteOrder.CDAB: 0.97, ByteOrder.BADC: 0.9, ByteOrder.DCBA: 0.9}
_NOTHING = {0x7FFF, 0x8000, 0xFFFF, -0x8000, -1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, -0x80000000}
_WORD = 65_536
SMALL_WORD = 1024
FEW_DIGITS = {5: 1.1, 6: 1.05, 7: 1.02}
"""Of a hundred floats chosen by chance not one has five digits, and most have eight or nine."""


def plausibility(candidate: Candidate, values: Floats) -> float:
    """Judge values (times,) of one candidate, the newest last."""
    if not len(values) or not np.isfinite(values).all():
        return 0.0
    value = float(values[-1])
    if candidate.type.is_float:
        base = _of_float(value) * (0.95 if candidate.type is RegisterType.FLOAT64 else 1.0)
    elif value == 0 or value in _NOTHING:
        return EMPTY
    elif candidate.width == 1:
        base = _of_word(value, is_signed=candidate.type is RegisterType.INT16)
        base *= 0.6 if candidate.order.swaps_bytes else 1.0
    else:
        base = _of_long(value, is_signed=candidate.type is RegisterType.INT32)
    return base * _ORDERS[candidate.order] * _calmness(values)


def wholeness(value: float) -> float:
    """Judge whether both words of a float of 32 bits belong together, as a factor around 1.

    What is put together of two neighbours has many decimals, or a second word that is small by itself.
    """
    single = np.float32(value)
    text = np.format_float_positional(single, trim="-").lstrip("-0.").replace(".", "")
    few = FEW_DIGITS.get(max(5, len(text.rstrip("0"))), 1.0)
    return few * (0.8 if int(single.view(np.uint32)) & 0xFFFF < SMALL_WORD else 1.0)


def _of_float(value: float) -> float:
    size = abs(value)
    if size == 0:
        return EMPTY
    if 1e-2 <= size <= 1e7:
        return 0.9 if value > 0 else 0.6
    return 0.25 if 1e-6 <= size <= 1e9 else 0.0


def _of_word(value: float, *, is_signed: bool) -> float:
    if value < 0:
        return 0.42 if value > -2000 else 0.15
    likely = 0.5 if value <= 10_000 else 0.3
    return likely * (0.95 if is_signed else 1.0) * (0.6 if value > 60_000 else 1.0)


def _of_long(value: float, *, is_signed: bool) -> float:
    """A total fills its low word, and its high word slowly."""
    if value < 0:
        return 0.3 if value > -_WORD else 0.05
    high, low = divmod(int(value), _WORD)
    if not high or low < 10_000:
        return 0.2
    grown = math.log2(high + 1) / 16
    return (0.75 - 0.7 * grown * grown) * (0.95 if is_signed else 1.0)


def _calmness(values: Floats) -> float:
    if len(values) < 2:
        return 1.0
    size = float(np.abs(values).max())
    moved = float(np.abs(np.diff(values)).max()) / size if size else 0.0
    return 1.0 if moved <= CALM else CALM / moved
