"""Values of one type and byte order, taken together so that numpy converts them in one step."""

import sys
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .layout import Layout
from .planner import Span
from .registers import Register, RegisterType
from .table import RegisterTable, span_of

Floats = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Group:
    """Values that differ in place, scale and bit field only."""

    dtype: np.dtype[np.generic]
    swaps_bytes: bool
    registers: tuple[Register, ...]
    columns: Index
    """Position of each value in the table."""
    words: Index
    """Image indices (values, width), in this machine's word order."""

    @property
    def shifts(self) -> NDArray[np.generic] | None:
        """Right shift to each bit field; None when the group has whole values."""
        if self.registers[0].bit is None:
            return None
        return np.array([register.bit for register in self.registers], self.dtype)

    @property
    def masks(self) -> NDArray[np.generic]:
        """Mask of each bit field, shifted down to bit 0."""
        return np.array([(1 << register.bits) - 1 for register in self.registers], self.dtype)


def grouped(table: RegisterTable, layout: Layout) -> tuple[Group, ...]:
    """Group the numbers of a table; strings are left out."""
    kinds: dict[tuple[RegisterType, bool, bool], list[int]] = defaultdict(list)
    for column, register in enumerate(table.registers):
        if register.type is not RegisterType.STRING:
            kinds[register.type, register.order.swaps_bytes, register.bit is not None].append(column)
    return tuple(_group(table, layout, columns) for columns in kinds.values())


def scaling(table: RegisterTable) -> tuple[Floats, Floats, Floats]:
    """Return factors, divisors and offsets such that value = raw × factor ÷ divisor + offset.

    73 × 0.1 is 7.300000000000001, 73 ÷ 10 is 7.3: a scale whose inverse is a whole number divides.
    """
    scales = np.array([register.scale for register in table.registers])
    inverses = np.rint(1 / scales)
    divides = (np.abs(scales) < 1) & (np.abs(1 / scales - inverses) <= 1e-12 * np.abs(inverses))
    offsets = np.array([register.offset for register in table.registers])
    return np.where(divides, 1.0, scales), np.where(divides, inverses, 1.0), offsets


def _group(table: RegisterTable, layout: Layout, columns: list[int]) -> Group:
    registers = tuple(table.registers[column] for column in columns)
    return Group(
        dtype=registers[0].type.dtype,
        swaps_bytes=registers[0].order.swaps_bytes,
        registers=registers,
        columns=np.array(columns, np.intp),
        words=np.array([_words(layout, register) for register in registers], np.intp),
    )


def _words(layout: Layout, register: Register) -> range:
    span: Span = span_of(register)
    start = layout.position(span)
    upwards = range(start, start + span.count)
    return upwards if register.order.low_word_first == (sys.byteorder == "little") else upwards[::-1]
