"""From register words to engineering values, all registers of a table at once."""

import numpy as np
from numpy.typing import NDArray

from integrations.protocols.quiet import quiet

from .groups import Floats, Group, grouped, scaling
from .layout import Layout, Words
from .planner import Span
from .registers import RegisterType
from .table import RegisterTable, span_of


class Decoder:
    """A table compiled into numpy steps: calling it is pure and never fails, whatever the words are."""

    def __init__(self, table: RegisterTable) -> None:
        self.layout = Layout(table)
        self._width = len(table)
        self._steps = tuple(_Step(group) for group in grouped(table, self.layout))
        self._factors, self._divisors, self._offsets = scaling(table)
        self._is_scaled = bool(np.any((self._factors / self._divisors != 1) | (self._offsets != 0)))
        self._texts = tuple(
            (register.name, span_of(register), register.order.swaps_bytes)
            for register in table.registers
            if register.type is RegisterType.STRING
        )

    def __call__(self, image: Words) -> Floats:
        """Decode images (…, words) to values (…, registers) in the table's order and units.

        NaN stands where the device says NaN or its `not_available`, and in the column of a string; infinities
        pass through.
        """
        values = np.empty((*image.shape[:-1], self._width))
        if self._texts:
            values[...] = np.nan
        quiet.run(self._decode_into, values, image)
        return values

    def _decode_into(self, values: Floats, image: Words) -> None:
        for step in self._steps:
            step.decode_into(values, image)
        if self._is_scaled:
            values *= self._factors
            values /= self._divisors
            values += self._offsets

    def texts(self, image: Words) -> dict[str, str]:
        """Return the strings of one image (words,) by name, without padding; never fails on odd bytes."""
        if not self._texts:
            return {}
        return {name: self._text(image, span, swapped) for name, span, swapped in self._texts}

    def _text(self, image: Words, span: Span, swapped: bool) -> str:
        words = image[self.layout.slice(span)].astype("<u2" if swapped else ">u2")
        return words.tobytes().split(b"\0", 1)[0].decode("latin-1").strip()


class _Step:
    """The conversion of one group."""

    def __init__(self, group: Group) -> None:
        self._dtype = group.dtype
        self._swaps_bytes = group.swaps_bytes
        self._columns = group.columns
        self._place = _slice_of(group.columns)
        self._words = group.words.ravel()
        self._shifts = group.shifts
        self._masks = group.masks if group.shifts is not None else None
        sentinels = [
            (at, r.not_available) for at, r in enumerate(group.registers) if r.not_available is not None
        ]
        self._guarded = np.array([at for at, _ in sentinels], np.intp)
        self._sentinels = np.array([raw for _, raw in sentinels], self._dtype)

    def decode_into(self, values: Floats, image: Words) -> None:
        words = image.take(self._words, axis=-1)
        if self._swaps_bytes:
            words.byteswap(inplace=True)
        raw: NDArray[np.generic] = words.view(self._dtype)
        if self._shifts is not None:
            raw = (raw >> self._shifts) & self._masks  # type: ignore[operator] # bit fields are unsigned integers
        values[..., self._place] = raw
        if self._guarded.size:
            missing = raw[..., self._guarded] == self._sentinels
            guarded = self._columns[self._guarded]
            values[..., guarded] = np.where(missing, np.nan, values[..., guarded])


def _slice_of(columns: NDArray[np.intp]) -> NDArray[np.intp] | slice:
    """Return neighbouring columns as a slice, which numpy fills in a third of the time."""
    if len(columns) and np.array_equal(columns, np.arange(columns[0], columns[0] + len(columns))):
        return slice(int(columns[0]), int(columns[0]) + len(columns))
    return columns


def decode(table: RegisterTable, image: Words) -> Floats:
    """Decode once; whoever polls keeps a `Decoder`."""
    return Decoder(table)(image)
