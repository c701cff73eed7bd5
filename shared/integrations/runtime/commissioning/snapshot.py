"""What one unit gave of its registers, and what it refused."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
from msgspec import Struct, field

from integrations.protocols.modbus import Function, ModbusError, Span

from .interpretations import Words


class Refused(Struct, frozen=True):
    """Registers that the unit does not give, and the word it has for that."""

    span: Span
    why: str


class Snapshot(Struct):
    """What one unit gave: words by function and address."""

    unit: int
    memory: dict[Function, dict[int, int]] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    most_at_once: int = 0
    """So many registers at most it gives to one request; 0 where it gave all that was asked for."""
    trouble: ModbusError | None = None
    """What ended the reading early."""

    @property
    def spans(self) -> list[Span]:
        """What was given, in runs without a gap."""
        return [
            Span(function, run[0], len(run))
            for function, words in self.memory.items()
            for run in runs_of(sorted(words))
        ]

    def words(self, span: Span) -> Words:
        """Return the words of a span that was given."""
        table = self.memory[span.function]
        return np.array([table[address] for address in range(span.address, span.end)], np.uint16)


def runs_of(addresses: Sequence[int]) -> Iterator[list[int]]:
    """Yield addresses in order as runs without a gap."""
    for _, run in groupby(enumerate(addresses), lambda pair: pair[1] - pair[0]):
        yield [address for _, address in run]
