"""Reads a Modbus device that nobody knows: which units answer, and what they give of which registers."""

from collections.abc import Callable, Iterator, Sequence

from integrations.configuration import ConfigurationError, Fault
from integrations.protocols.modbus import (
    ExceptionResponseError,
    Function,
    GatewayError,
    ModbusError,
    ModbusLine,
    ModbusTimeoutError,
    Span,
    WrongLengthError,
    plan,
)

from .snapshot import Snapshot, runs_of
from .walk import Walk

BLOCK = 60
"""Registers asked for at once: few enough for most devices, and one that refuses is asked for less."""
MOST_REGISTERS = 4000
USUAL_SPANS = (Span(Function.HOLDING, 0, BLOCK), Span(Function.INPUT, 0, BLOCK))
TABLES = {"holding": Function.HOLDING, "input": Function.INPUT}
LAST_ADDRESS = 0xFFFF
Told = Callable[[], None]


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
    line: ModbusLine,
    unit: int,
    spans: Sequence[Span],
    told: Callable[[int], None] = lambda _: None,
    most_at_once: int = 0,
) -> Snapshot:
    """Read what the unit gives of `spans`; `told` hears how many registers are done.

    `most_at_once` is what is known of how many registers it gives to one request.

    Raises:
        ModbusError: nothing at all could be read, and the unit refused nothing either.
    """
    snapshot = Snapshot(unit, most_at_once=most_at_once)
    walk = Walk(line, snapshot, told)
    try:
        for span in plan(_blocks(spans), BLOCK, 0):
            await walk.read(span)
    except ModbusError as error:
        if not snapshot.memory and not snapshot.refused:
            raise
        snapshot.trouble = error
    return snapshot


def _blocks(spans: Sequence[Span]) -> Iterator[Span]:
    """Cut spans at the multiples of a block, and let those that overlap be one."""
    addresses = {(span.function, at) for span in spans for at in range(span.address, span.end)}
    for function in Function:
        for run in runs_of(sorted(at for table, at in addresses if table is function)):
            for first in range(run[0], run[-1] + 1, BLOCK):
                yield Span(function, first, min(BLOCK, run[-1] + 1 - first))
