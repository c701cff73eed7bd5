"""What a unit refuses to give, learnt from its answers, and the requests that avoid it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from .planner import Span, plan
from .table import RegisterTable

FIRST_RETRY_SECONDS = 600.0
LAST_RETRY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Hole:
    """A refused value: asked again when `retry_at` has come, after twice the wait each time."""

    retry_at: float
    wait_seconds: float


class ReadPlan:
    """The requests of one unit, kept clear of its holes."""

    def __init__(self, table: RegisterTable, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._max_registers = table.max_registers_per_request
        self._max_gap = table.max_gap
        self._columns = table.spans
        self._spans = sorted(set(self._columns), key=lambda span: (span.function.code, span.address))
        self._holes: dict[Span, Hole] = {}
        self._cuts: set[Span] = set()
        self._next_retry = math.inf
        self.requests: tuple[Span, ...] = ()
        self.refused_columns: list[int] = []
        self._replan()

    @property
    def refuses_all(self) -> bool:
        """Whether nothing of the table is left."""
        return len(self._holes) == len(self._spans)

    def columns(self, request: Span) -> list[int]:
        """Return the table's positions of the values that `request` reads."""
        return [column for column, span in enumerate(self._columns) if request.covers(span)]

    def halves(self, request: Span) -> tuple[Span, ...]:
        """Split what `request` reads into two requests, or none if it is a single value."""
        inside = self._inside(request)
        middle = len(inside) // 2
        parts = (inside[:middle], inside[middle:]) if middle else ()
        return tuple(Span(p[0].function, p[0].address, p[-1].end - p[0].address) for p in parts)

    def refuse(self, request: Span) -> None:
        """Leave out every value that `request` reads."""
        for span in self._inside(request):
            known = self._holes.get(span)
            wait = min(known.wait_seconds * 2, LAST_RETRY_SECONDS) if known else FIRST_RETRY_SECONDS
            self._holes[span] = Hole(self._clock() + wait, wait)
        self._replan()

    def cut_before(self, request: Span) -> None:
        """Never read `request` together with what lies before it: either is given, but not both at once.

        The reason is a gap that may not be read, or a maximum that is smaller than the one configured.
        """
        self._cuts.add(self._inside(request)[0])
        self._replan()

    def due(self) -> Span | None:
        """Return a hole whose retry has come."""
        now = self._clock()
        if now < self._next_retry:
            return None
        return min(self._holes, key=lambda span: self._holes[span].retry_at)

    def fill(self, span: Span) -> None:
        """Take a hole back in, because it was answered."""
        self._holes.pop(span, None)
        self._replan()

    def forget(self) -> None:
        """Start anew: a unit that refuses everything has no holes, something else is wrong."""
        self._holes.clear()
        self._cuts.clear()
        self._replan()

    def _inside(self, request: Span) -> list[Span]:
        return [span for span in self._spans if request.covers(span)]

    def _replan(self) -> None:
        behind_holes = {after for before, after in pairwise(self._spans) if before in self._holes}
        wanted = [span for span in self._spans if span not in self._holes]
        self.requests = plan(wanted, self._max_registers, self._max_gap, frozenset(self._cuts | behind_holes))
        self._next_retry = min((hole.retry_at for hole in self._holes.values()), default=math.inf)
        self.refused_columns = [column for column, span in enumerate(self._columns) if span in self._holes]
