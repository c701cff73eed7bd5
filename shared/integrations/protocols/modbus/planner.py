"""Coalesces the values of a device into few requests."""

from collections.abc import Iterable

from msgspec import Struct

from .registers import Function

BITS_PER_REGISTER = 16


class Span(Struct, frozen=True):
    """Consecutive addresses of one table: a value's registers, or what a request asks for."""

    function: Function
    address: int
    count: int

    @property
    def end(self) -> int:
        """First address behind the span."""
        return self.address + self.count

    def covers(self, other: "Span") -> bool:
        """Whether every address of `other` is one of this span's."""
        return self.function is other.function and self.address <= other.address and other.end <= self.end

    def __str__(self) -> str:
        last = f"..{self.end - 1}" if self.count > 1 else ""
        return f"{self.function.value} {self.address}{last}"


def plan(
    spans: Iterable[Span], max_registers: int, max_gap: int, cuts: frozenset[Span] = frozenset()
) -> tuple[Span, ...]:
    """Cover all `spans` by the fewest requests, ordered by function code and address.

    A span is never split and may occur more than once (bit fields of one register). A request holds at most
    `max_registers` registers (16 times as many coils) and at most `max_gap` addresses in a row that no span
    wants. Before each span in `cuts` a new request begins: that is how a hole is kept out of every request.
    Filling from the left is optimal, because a request that ends later never makes the rest cost more.
    """
    requests: list[Span] = []
    for span in sorted(set(spans), key=lambda span: (span.function.code, span.address)):
        limit = max_registers * BITS_PER_REGISTER if span.function.reads_bits else max_registers
        if requests and span not in cuts:
            last = requests[-1]
            count = span.end - last.address
            if last.function is span.function and span.address - last.end <= max_gap and count <= limit:
                requests[-1] = Span(span.function, last.address, count)
                continue
        requests.append(span)
    return tuple(requests)
