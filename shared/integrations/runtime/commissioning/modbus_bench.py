"""Reads a Modbus device that nobody knows: which units answer, and what they give of which registers."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import numpy as np
from msgspec import Struct, field

from integrations.configuration import ConfigurationError, Fault
from integrations.protocols.modbus import (
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
    plan,
)

from .interpretations import Words

BLOCK = 60
"""Registers asked for at once: few enough for most devices, and one that refuses is asked for less."""
MOST_REGISTERS = 4000
MOST_REQUESTS = 500
"""So many requests to one unit at most, however many of its registers it refuses."""
BUSY_SECONDS, BUSY_TIMES = 0.2, 3
USUAL_SPANS = (Span(Function.HOLDING, 0, BLOCK), Span(Function.INPUT, 0, BLOCK))
TABLES = {"holding": Function.HOLDING, "input": Function.INPUT}
LAST_ADDRESS = 0xFFFF
Told = Callable[[], None]


class Refused(Struct, frozen=True):
    """Registers that the unit does not give, and the word it has for that."""

    span: Span
    why: str


class Snapshot(Struct):
    """What one unit gave: words by function and address."""

    unit: int
    memory: dict[Function, dict[int, int]] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    trouble: ModbusError | None = None
    """What ended the reading early."""

    @property
    def spans(self) -> list[Span]:
        """What was given, in runs without a gap."""
        return [
            Span(function, run[0], len(run))
            for function, words in self.memory.items()
            for run in _runs(sorted(words))
        ]

    def words(self, span: Span) -> Words:
        """Return the words of a span that was given."""
        table = self.memory[span.function]
        return np.array([table[address] for address in range(span.address, span.end)], np.uint16)


def spans_of(texts: Sequence[str]) -> list[Span]:
    """Read `0-99`, `holding:0-99` and `input:700` as spans.

    Raises:
        ConfigurationError: one is none, or all together are too many.
    """
    spans = [_span(text) for text in texts]
    if (count := sum(span.count for span in spans)) > MOST_REGISTERS:
        allowed = f"must be at most {MOST_REGISTERS} in all"
        raise ConfigurationError([Fault("", "registers", count, allowed)])
    return spans


def _span(text: str) -> Span:
    table, colon, rest = text.partition(":")
    low, dash, high = (rest if colon else table).partition("-")
    function = TABLES.get(table.strip().lower() if colon else "holding")
    low, high = low.strip(), (high if dash else low).strip()
    if function is None or not (
        low.isdecimal() and high.isdecimal() and int(low) <= int(high) <= LAST_ADDRESS
    ):
        allowed = "must be a range in 0..65535 such as 0-99, holding:0-99 or input:700"
        raise ConfigurationError([Fault("", "registers", text, allowed)])
    first, last = int(low), int(high)
    return Span(function, first, last - first + 1)


async def find_units(
    line: ModbusLine, units: Sequence[int], told: Told = lambda: None
) -> dict[int, ModbusError | None]:
    """Return the units that answer, and how: with registers, or with an exception of their own.

    Raises:
        ModbusError: the line cannot be opened, or what is behind it does not speak Modbus.
    """
    found: dict[int, ModbusError | None] = {}
    for unit in units:
        try:
            await line.read(unit, Span(Function.HOLDING, 0, 1))
            found[unit] = None
        except (ModbusTimeoutError, GatewayError):
            pass
        except (ExceptionResponseError, WrongLengthError) as error:
            found[unit] = error
        told()
    return found


async def read_unit(
    line: ModbusLine, unit: int, spans: Sequence[Span], told: Callable[[int], None] = lambda _: None
) -> Snapshot:
    """Read what the unit gives of `spans`; `told` hears how many registers are done.

    Raises:
        ModbusError: nothing at all could be read, and the unit refused nothing either.
    """
    snapshot = Snapshot(unit)
    reading = _Reading(line, snapshot, told)
    try:
        for span in plan(_blocks(spans), BLOCK, 0):
            await reading.read(span)
    except ModbusError as error:
        if not snapshot.memory and not snapshot.refused:
            raise
        snapshot.trouble = error
    return snapshot


class _Reading:
    """One walk over the registers of one unit; what is refused is halved until it is given, or single."""

    def __init__(self, line: ModbusLine, snapshot: Snapshot, told: Callable[[int], None]) -> None:
        self._line, self._snapshot, self._told = line, snapshot, told
        self._requests = 0
        self._unknown: set[Function] = set()

    async def read(self, span: Span) -> None:
        if span.function in self._unknown or self._requests >= MOST_REQUESTS:
            self._refuse(span, "not asked for: so much was refused before")
            return
        try:
            words = await self._ask(span)
        except (ExceptionResponseError, WrongLengthError) as error:
            if isinstance(error, (GatewayError, UnitBusyError)):
                raise
            if isinstance(error, ExceptionResponseError) and error.code == ExceptionCode.ILLEGAL_FUNCTION:
                self._unknown.add(span.function)
            await self._read_less(span, error)
            return
        table = self._snapshot.memory.setdefault(span.function, {})
        table.update(zip(range(span.address, span.end), words.tolist(), strict=True))
        self._told(span.count)

    async def _read_less(self, span: Span, error: ModbusError) -> None:
        if span.count == 1 or span.function in self._unknown:
            self._refuse(span, error.what)
            return
        first = (
            span.count // 2 + (span.count // 2) % 2 if span.count > 2 else 1
        )  # no value of two words is cut
        await self.read(Span(span.function, span.address, first))
        if span.count > first:
            await self.read(Span(span.function, span.address + first, span.count - first))

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


def _blocks(spans: Sequence[Span]) -> Iterator[Span]:
    """Cut spans at the multiples of a block, and let those that overlap be one."""
    addresses = {(span.function, at) for span in spans for at in range(span.address, span.end)}
    for function in Function:
        for run in _runs(sorted(at for table, at in addresses if table is function)):
            for first in range(run[0], run[-1] + 1, BLOCK):
                yield Span(function, first, min(BLOCK, run[-1] + 1 - first))


def _runs(addresses: Sequence[int]) -> Iterator[list[int]]:
    for _, run in groupby(enumerate(addresses), lambda pair: pair[1] - pair[0]):
        yield [address for _, address in run]
