"""`gl003 probe modbus://…`: units, registers in every type and order, live, and as TOML."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence

import msgspec
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from integrations.cli.connected import EXIT_FINDINGS, say
from integrations.cli.progress import output, progress
from integrations.configuration import ConfigurationError, Fault
from integrations.protocols.modbus import (
    ConnectionLostError,
    GatewayError,
    ModbusError,
    ModbusLine,
    ModbusTimeoutError,
    Span,
)
from integrations.runtime.commissioning import described
from integrations.runtime.commissioning.bench_unit import UnitView, document, unit_view
from integrations.runtime.commissioning.known_maps import wanted_spans
from integrations.runtime.commissioning.modbus_bench import (
    USUAL_SPANS,
    find_units,
    read_unit,
    spans_of,
)
from integrations.runtime.commissioning.snapshot import Snapshot
from integrations.runtime.commissioning.targets import ModbusTarget
from integrations.runtime.process.life import EXIT_CLEAN

from .register_view import unit_table
from .wanted import Wanted, hand_over

SAMPLES, INTERVAL_SECONDS = 3, 0.2
ALL = 125
"""Registers that one request may ask for at most."""
REMEMBERED = 8
"""Samples by which a live view judges what moves calmly."""


async def probe_modbus(target: ModbusTarget, wanted: Wanted) -> int:
    """Look at the units of a line; errors end in `probe`."""
    taken = [described.taken_from(text) for text in wanted.take]
    spans = spans_of(wanted.registers) or [*USUAL_SPANS, *wanted_spans()]
    spans += [Span(one.candidate.function, one.candidate.address, one.candidate.width) for one in taken]
    seconds = wanted.seconds
    if taken and len(target.units) > 1:
        allowed = "is for one unit: name it in the address"
        raise ConfigurationError([Fault("", "take", list(wanted.take), allowed)])
    line = ModbusLine(target.endpoint)
    try:
        found = await _units(line, target)
        samples = [await _first(line, unit, spans) for unit in found]
        if wanted.is_live:
            await _live(line, samples, wanted, seconds)
            return EXIT_CLEAN
        views = [unit_view(await _more(line, first)) for first in samples]
        _show(target, views, wanted)
        if wanted.toml:
            return _export(_plant(target, views, taken, wanted), target, wanted)
        return EXIT_CLEAN if any(view.blocks for view in views) else EXIT_FINDINGS
    except ConnectionLostError as error:
        say(f"probe: {error}: what listens there speaks no Modbus TCP, or {_other_way(target)}")
        return EXIT_FINDINGS
    except (GatewayError, ModbusTimeoutError):
        if len(target.units) == 1:
            say(f"probe: unit {target.units[0]} is not there; it may be another one: ask for …?unit=1-10")
        raise
    finally:
        await line.close()


def _other_way(target: ModbusTarget) -> str:
    return "plain Modbus TCP: try modbus://" if target.is_rtu else "RTU over TCP: try modbus+rtu://"


async def _units(line: ModbusLine, target: ModbusTarget) -> Sequence[int]:
    """Return the units that answer, out of several; one alone is simply read."""
    await line.connect()
    if len(target.units) == 1:
        return target.units
    with progress("units", len(target.units)) as told:
        found = await find_units(line, target.units, lambda: told(1))
    if not found:
        what = f"none of {len(target.units)} units answered within {target.endpoint.timeout_seconds:g} s each"
        raise ModbusTimeoutError(what, line=str(target.endpoint))
    say(f"probe: units that answer: {', '.join(map(str, found))}")
    return list(found)


async def _first(line: ModbusLine, unit: int, spans: Sequence[Span]) -> Snapshot:
    with progress(f"registers of unit {unit}", sum(span.count for span in spans)) as told:
        snapshot = await read_unit(line, unit, spans, told)
    if snapshot.trouble:
        say(f"probe: not all was read: {snapshot.trouble}")
    return snapshot


async def _more(line: ModbusLine, first: Snapshot) -> list[Snapshot]:
    """Read again what was given, to see what moves."""
    samples = [first]
    with contextlib.suppress(ModbusError):
        for _ in range(SAMPLES - 1):
            if first.spans:
                await asyncio.sleep(INTERVAL_SECONDS)
                samples.append(await _again(line, first))
    samples[-1].refused = first.refused
    return samples


async def _again(line: ModbusLine, first: Snapshot) -> Snapshot:
    return await read_unit(line, first.unit, first.spans, most_at_once=first.most_at_once)


async def _live(line: ModbusLine, first: Sequence[Snapshot], wanted: Wanted, seconds: float | None) -> None:
    pasts = [deque([one], maxlen=REMEMBERED) for one in first]
    trouble = ""
    with Live(console=output(), auto_refresh=False) as live, contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                views = [unit_view(list(past)) for past in pasts]
                live.update(_rendered(views, wanted, trouble), refresh=True)
                await asyncio.sleep(INTERVAL_SECONDS)
                trouble = await _refresh(line, first, pasts)


async def _refresh(line: ModbusLine, first: Sequence[Snapshot], pasts: Sequence[deque[Snapshot]]) -> str:
    """Read again what the first snapshots have; say what stands in the way, also of a part."""
    troubles = []
    for began, past in zip(first, pasts, strict=True):
        try:
            snapshot = await _again(line, began)
        except ModbusError as error:
            troubles.append(str(error))
            continue
        troubles += [str(snapshot.trouble)] if snapshot.trouble else []
        troubles += [f"unit {began.unit} refuses {one.span}: {one.why}" for one in snapshot.refused]
        if snapshot.memory:
            snapshot.refused = began.refused
            past.append(snapshot)
    return "; ".join(troubles)


def _rendered(views: Sequence[UnitView], wanted: Wanted, trouble: str = "") -> RenderableType:
    parts: list[RenderableType] = [Text(f"last values: {trouble}", style="bold red")] if trouble else []
    for view in views:
        parts.append(unit_table(view, everything=wanted.everything))
        parts += [Text(f"refused {one.span}: {one.why}", style="yellow") for one in view.refused]
        parts += [Text(_verdict(view)), Text("")]
    return Group(*parts)


def _verdict(view: UnitView) -> str:
    if not view.blocks:
        return "no register was given: name others, such as --registers 100-199 or --registers input:700-799"
    if not view.matches:
        return "no known map fits; ▶ is the most plausible reading"
    best = view.matches[0]
    why = ", temperature and pressure are those of saturated steam" if best.is_saturated else ""
    return f"fits best: {best.title}{why}; ▶ is the most plausible reading"


def _show(target: ModbusTarget, views: Sequence[UnitView], wanted: Wanted) -> None:
    if wanted.as_json:
        told = {"address": str(target.endpoint), "units": [document(view) for view in views]}
        print(msgspec.json.encode(told).decode())  # noqa: T201  # the outcome
    elif wanted.shows:
        output().print(_rendered(views, wanted))


def _export(plant: str, target: ModbusTarget, wanted: Wanted) -> int:
    if not plant:
        say(f"probe: {target.endpoint}: no register was given that shows anything; nothing is written")
        return EXIT_FINDINGS
    hand_over(wanted, plant)
    return EXIT_CLEAN


def _plant(
    target: ModbusTarget, views: Sequence[UnitView], taken: Sequence[described.Taken], wanted: Wanted
) -> str:
    blocks = []
    for view in views:
        usual = f"unit_{view.unit}"
        name = described.name_of(wanted.name or target.name, usual)
        name = name if len(views) == 1 else f"{name}_{view.unit}" if wanted.name else usual
        place = described.Place(target.endpoint, view.unit, name, view.most_at_once)
        if taken:
            blocks.append(described.meter_from(place, taken))
        elif view.device:
            blocks.append(described.device_from(place, view.device))
        elif any(one.candidate.width <= (view.most_at_once or ALL) for one in view.layout):
            blocks.append(described.system_from(place, view.layout, view.texts))
    return "\n".join(blocks)
