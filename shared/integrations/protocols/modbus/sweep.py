"""One walk through the plan of a unit, request by request, that finds the holes on its way."""

import numpy as np

from .errors import ExceptionCode, ExceptionResponseError, ModbusError
from .holes import ReadPlan
from .layout import Layout, Words
from .line import ModbusLine
from .planner import Span

MAX_PROBES = 64
"""Requests beyond the plan that one sweep may spend on finding holes; the next one goes on."""


class Sweep:
    """Fills an image with what the unit gives, and notes what it does not."""

    def __init__(
        self, line: ModbusLine, unit: int, plan: ReadPlan, layout: Layout, timeout_seconds: float | None
    ) -> None:
        self.image = np.zeros(layout.size, np.uint16)
        self.has_read = False
        self.missed: list[tuple[Span, ModbusError]] = []
        self._line = line
        self._unit = unit
        self._plan = plan
        self._layout = layout
        self._timeout_seconds = timeout_seconds
        self._end: ModbusError | None = None
        self._probes = MAX_PROBES

    @property
    def errors(self) -> tuple[ModbusError, ...]:
        """What went wrong, each error once."""
        return tuple(dict.fromkeys(error for _, error in self.missed)) if self.missed else ()

    async def run(self) -> None:
        """Send the requests of the plan and at most one to a hole whose retry has come."""
        for request in self._plan.requests:
            await self._read(request)
        if self._plan.refuses_all:
            self._plan.forget()
        elif not self._end and (hole := self._plan.due()):
            await self._retry(hole)

    async def _read(self, request: Span) -> None:
        if self._end:
            self.missed.append((request, self._end))
            return
        try:
            self._take(request, await self._line.read(self._unit, request, self._timeout_seconds))
        except ModbusError as error:
            if error.is_refusal:
                await self._split(request, error)
                return
            self.missed.append((request, error))
            self._end = error if error.ends_poll else None

    def _take(self, request: Span, words: Words) -> None:
        self.image[self._layout.slice(request)] = words
        self.has_read = True

    async def _split(self, request: Span, refusal: ModbusError) -> None:
        """Read `request` in halves; what is refused alone is a hole.

        Where the halves are given they stay apart, and where the search is cut short too: it goes on there.
        """
        halves = () if is_illegal_function(refusal) else self._plan.halves(request)
        if not halves:
            self._plan.refuse(request)
        if not halves or self._probes < 2:
            self.missed.append((request, refusal))
            return
        self._probes -= 2
        missed_before = len(self.missed)
        for half in halves:
            await self._read(half)
        if self._end or len(self.missed) == missed_before:
            self._plan.cut_before(halves[1])

    async def _retry(self, hole: Span) -> None:
        try:
            self._take(hole, await self._line.read(self._unit, hole, self._timeout_seconds))
            self._plan.fill(hole)
        except ModbusError:
            self._plan.refuse(hole)


def is_illegal_function(refusal: ModbusError) -> bool:
    """Whether the unit lacks the whole function, so that splitting is in vain."""
    return isinstance(refusal, ExceptionResponseError) and refusal.code == ExceptionCode.ILLEGAL_FUNCTION
