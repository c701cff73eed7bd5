"""Where each address of a table lies in its image: one flat array of 16-bit words that requests fill."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from .planner import Span, plan
from .registers import Function
from .table import RegisterTable

Words = NDArray[np.uint16]


class Layout:
    """Blocks of addresses with no gap wider than the table's `max_gap`, laid end to end.

    Whatever requests are planned, each lies inside one block, so an answer is copied as one slice. A coil or
    discrete input takes one word, 0 or 1.
    """

    def __init__(self, table: RegisterTable) -> None:
        self.blocks = plan(table.spans, 1 << 16, table.max_gap)
        self.offsets = tuple(accumulate((block.count for block in self.blocks), initial=0))
        self.size = self.offsets[-1]
        self._slices: dict[Span, slice] = {}
        self._starts = [(block.function.code, block.address) for block in self.blocks]

    def position(self, span: Span) -> int:
        """Return the image index of the first address of `span`.

        Raises:
            KeyError: the table has nothing there.
        """
        index = bisect_right(self._starts, (span.function.code, span.address)) - 1
        if index < 0 or not self.blocks[index].covers(span):
            raise KeyError(str(span))
        return self.offsets[index] + span.address - self.blocks[index].address

    def slice(self, span: Span) -> slice:
        """Return where the words of `span` lie in the image."""
        if (known := self._slices.get(span)) is None:
            start = self.position(span)
            known = self._slices[span] = slice(start, start + span.count)
        return known

    def split(self, image: Words) -> Iterator[tuple[Span, Words]]:
        """Yield each block with its words, for a server that puts them into its own tables."""
        for block, start in zip(self.blocks, self.offsets, strict=False):
            yield block, image[start : start + block.count]

    def gather(self, memory: Mapping[Function, Mapping[int, int]]) -> Words:
        """Build an image from words by function and address; what `memory` lacks is 0."""
        image = np.zeros(self.size, np.uint16)
        for block, words in self.split(image):
            table = memory.get(block.function, {})
            words[:] = [table.get(address, 0) for address in range(block.address, block.end)]
        return image
