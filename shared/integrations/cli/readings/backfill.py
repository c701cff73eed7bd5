"""`gl003 backfill`: a time range of RAW cleaned once more, under the configuration of a file."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dotenv import load_dotenv
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from integrations.bus import CLEAN, Bus, BusError, Publisher
from integrations.cli.connected import ATTEMPTS, INTERRUPTED, say, settings_of
from integrations.configuration import ConfigurationError, Fault, FaultList
from integrations.messages import MessageError, check_token
from integrations.runtime.plant.settings import Plant, load_plant
from integrations.runtime.process.life import EXIT_CLEAN, EXIT_CONFIGURATION, EXIT_CRASH
from integrations.runtime.transformation.backfill import Backfill, Span, Summary


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line."""

    begin: str
    end: str | None
    config: Path | None
    sensors: Sequence[str]
    dry_run: bool


class NothingThereError(Exception):
    """RAW has nothing of the range, or CLEAN no place for what would come of it."""


def backfill(request: Request) -> int:
    """Clean a range again and say what came of it; return the exit code."""
    load_dotenv(Path(".env"))
    try:
        span, plant = _checked(request)
        work, summary = asyncio.run(_run(request, plant, span))
    except ConfigurationError as error:
        for fault in error.faults:
            say(f"backfill: {fault}")
        return EXIT_CONFIGURATION
    except (BusError, NothingThereError) as error:
        say(f"backfill: {error}")
        return EXIT_CRASH
    except KeyboardInterrupt:
        say("backfill: interrupted; the same command goes on where it was")
        return INTERRUPTED
    _show(request, plant, work, summary)
    return EXIT_CLEAN


def _checked(request: Request) -> tuple[Span, Plant]:
    """Return range and plant; everything wrong is said at once."""
    faults = FaultList()
    begin = _time("--from", request.begin, faults)
    end = _time("--to", request.end, faults) if request.end else datetime.now(UTC)
    if not faults and begin >= end:
        faults.append(Fault("", "--from", request.begin, "must be before --to"))
    for sensor in request.sensors:
        try:
            check_token("--sensor", sensor)
        except MessageError:
            faults.append(Fault("", "--sensor", sensor, "must be a sensor's id: letters, digits, _ or -"))
    try:
        plant = load_plant(request.config)
    except ConfigurationError as error:
        faults.absorb(error)
    faults.raise_any()
    return Span.around(begin, end), plant


def _time(option: str, text: str, faults: FaultList) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        faults.append(Fault("", option, text, "must be a time such as 2026-11-24T06:00 (UTC) or with +01:00"))
        return datetime.now(UTC)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


async def _run(request: Request, plant: Plant, span: Span) -> tuple[Backfill, Summary]:
    async with Bus(settings_of(plant), name="gl003 backfill", attempts=ATTEMPTS) as bus:
        work = Backfill(plant, bus, span, request.sensors)
        with _progress() as told:
            if request.dry_run:
                summary = await work.run(None, told)
            else:
                await _check_place(bus, plant.site)
                async with Publisher(bus) as publisher:
                    summary = await work.run(publisher, told)
    if not summary.readings:
        what = f"{summary.raw_messages} raw messages, none of them" if summary.raw_messages else "nothing"
        raise NothingThereError(f"RAW has {what} of these sensors in this range")
    return work, summary


async def _check_place(bus: Bus, site: str) -> None:
    """Refuse a stream from before there was anything to be cleaned again: publishing would wait for ever."""
    subjects = (await bus.api(f"STREAM.INFO.{CLEAN}"))["config"]["subjects"]
    if not {f"gl.{site}.recleaned.>", "gl.*.recleaned.>"} & set(subjects):
        raise NothingThereError(
            "CLEAN has no place for recleaned readings: start this version's services once"
        )


@contextmanager
def _progress() -> Iterator[Callable[[float], None]]:
    """Show a bar, where somebody looks."""
    console = Console(stderr=True)
    columns = (
        TextColumn("cleaning again"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task("", total=1.0)
        yield lambda share: bars.update(task, completed=share)


def _show(request: Request, plant: Plant, work: Backfill, summary: Summary) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"configuration  {work.configuration}")
    console.print(f"raw messages   {summary.raw_messages:,}, unreadable {summary.unreadable:,}")
    valid = 100 * summary.valid / summary.readings
    console.print(
        f"readings       {summary.readings:,} of {len(summary.sensors):,} sensors, valid {valid:.2f} %"
    )
    found = ", ".join(f"{name} {count:,}" for name, count in summary.flags.most_common())
    console.print(f"found          {found or 'nothing'}")
    for fault in summary.faults:
        console.print(f"warning        {fault}", markup=False)
    if request.dry_run:
        console.print(f"published      nothing (--dry-run); it would be up to {summary.messages:,} messages")
        return
    console.print(
        f"published      {summary.messages:,} messages, {summary.already_there:,} were there already, on "
        f"gl.{plant.site}.recleaned.{work.configuration}.>"
    )
