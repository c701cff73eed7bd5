"""Reads the registers of a unit that nobody knows: around what it refuses, in pieces as small as it wants."""

import asyncio
from collections.abc import Callable

from integrations.protocols.modbus import (
    ConnectionLostError,
    ExceptionCode,
    ExceptionResponseError,
    Function,
    GatewayError,
    ModbusError,
    ModbusLine,
    ModbusTimeoutError,
    Span,
    UnitBusyError,
    WrongLengthError,
)

from .interpretations import Words
from .snapshot import Refused, Snapshot

MOST_REQUESTS = 500
"""So many requests to one unit at most, however many of its registers it refuses."""
HALVING_SECONDS = 30
"""So long refused registers are looked for one by one; of a slow device only blocks are asked for then."""
BUSY_SECONDS, BUSY_TIMES = 0.2, 3


class Walk:
    """One walk over the registers of one unit; what it leaves is halved until it is given, or single."""

    def __init__(self, line: ModbusLine, snapshot: Snapshot, told: Callable[[int], None]) -> None:
        self._line, self._snapshot, self._told = line, snapshot, told
        self._requests = self._longest = self._silences = 0
        self._unknown: set[Function] = set()
        self._known: Span | None = None
        self._until = asyncio.get_running_loop().time() + HALVING_SECONDS

    async def read(self, span: Span) -> None:
        """Read what the unit gives of a span.

        Raises:
            ModbusError: the unit, or the line, is not there.
        """
        if why := self._why_not(span):
            self._refuse(span, why)
            return
        if span.count > (self._snapshot.most_at_once or span.count):
            await self._read_halves(span)
            return
        try:
            words = await self._ask(span)
        except (ExceptionResponseError, WrongLengthError) as error:
            if isinstance(error, (GatewayError, UnitBusyError)):
                raise
            if isinstance(error, ExceptionResponseError) and error.code == ExceptionCode.ILLEGAL_FUNCTION:
                self._unknown.add(span.function)
            self._known = self._known or Span(span.function, span.address, 1)
            await self._read_less(span, error)
        except (ModbusTimeoutError, ConnectionLostError) as error:
            if not await self._is_there(span):
                raise
            self._silences += 1
            is_first = self._silences == 1  # it may be nothing but an answer that was lost
            await (self.read(span) if is_first else self._read_less(span, error))
        else:
            self._keep(span, words)

    def _why_not(self, span: Span) -> str:
        if span.function in self._unknown or self._requests >= MOST_REQUESTS:
            return "not asked for: so much was refused before"
        if self._silences and self._is_late:
            return f"not asked for: it leaves requests unanswered, and {HALVING_SECONDS} s are over"
        return ""

    @property
    def _is_late(self) -> bool:
        return asyncio.get_running_loop().time() > self._until

    async def _is_there(self, span: Span) -> bool:
        """Whether the unit answers at all: many say nothing to what they do not like."""
        try:
            await self._ask(self._known or Span(span.function, span.address, 1))
        except (ExceptionResponseError, WrongLengthError):
            return True
        except ModbusError:
            return False
        return True

    async def _read_less(self, span: Span, error: ModbusError) -> None:
        if span.count == 1 or span.function in self._unknown or self._is_late:
            self._refuse(span, error.what)
            return
        before, self._longest = self._longest, 0
        await self._read_halves(span)
        table = self._snapshot.memory.get(span.function, {})
        if all(address in table for address in range(span.address, span.end)):
            self._snapshot.most_at_once = self._longest  # it was nothing but too long
        self._longest = max(before, self._longest)

    async def _read_halves(self, span: Span) -> None:
        half = span.count // 2
        first = half + half % 2 if span.count > 2 else 1  # no value of two words is cut
        await self.read(Span(span.function, span.address, first))
        if span.count > first:
            await self.read(Span(span.function, span.address + first, span.count - first))

    def _keep(self, span: Span, words: Words) -> None:
        table = self._snapshot.memory.setdefault(span.function, {})
        table.update(zip(range(span.address, span.end), words.tolist(), strict=True))
        self._longest = max(self._longest, span.count)
        self._known = self._known or Span(span.function, span.address, 1)
        self._told(span.count)

    async def _ask(self, span: Span) -> Words:
        for _ in range(BUSY_TIMES):
            self._requests += 1
            try:
                return await self._line.read(self._snapshot.unit, span)
            except UnitBusyError:
                await asyncio.sleep(BUSY_SECONDS)
        self._requests += 1
        return await self._line.read(self._snapshot.unit, span)

    def _refuse(self, span: Span, why: str) -> None:
        self._told(span.count)
        refused = self._snapshot.refused
        if refused and refused[-1].why == why and refused[-1].span.function is span.function:
            last = refused[-1].span
            if last.end == span.address:
                refused[-1] = Refused(Span(span.function, last.address, last.count + span.count), why)
                return
        refused.append(Refused(span, why))
