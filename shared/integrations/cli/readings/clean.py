"""`gl003 clean`: a file of readings cleaned as the service would, to tune limits before going live."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from dotenv import load_dotenv
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from integrations.configuration import ConfigurationError
from integrations.messages import Flag
from integrations.quality import distinct
from integrations.runtime.files.cleaning import Cleaned, valid_percent
from integrations.runtime.files.recording import Told
from integrations.runtime.files.work import CleanRequest, CleanResult, clean_file
from integrations.runtime.process.life import EXIT_CLEAN, EXIT_CONFIGURATION

LONG_FILE_BYTES = 2_000_000
"""Shorter files are done before a bar could be read."""


def clean(request: CleanRequest) -> int:
    """Clean a file and say what was found; return the exit code."""
    load_dotenv(Path(".env"))
    try:
        with _progress(request.readings) as told:
            result = clean_file(request, told)
    except ConfigurationError as error:
        for fault in error.faults:
            print(f"clean: {fault}", file=sys.stderr)  # noqa: T201  # said to the person at the terminal
        return EXIT_CONFIGURATION
    _show(result, request)
    return EXIT_CLEAN


@contextmanager
def _progress(readings: Path) -> Iterator[Callable[[str], Told]]:
    """Show a bar for each step of a long file, where somebody looks."""
    console = Console(stderr=True)
    long = readings.is_file() and readings.stat().st_size >= LONG_FILE_BYTES
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not (long and console.is_terminal)
    ) as bars:

        def step(name: str) -> Told:
            task = bars.add_task(name, total=1.0)
            return lambda share: bars.update(task, completed=share)

        yield step


def _show(result: CleanResult, request: CleanRequest) -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    table = Table(box=None, pad_edge=False)
    for heading in ("sensor", "quantity", "unit", "samples", "valid %", "quality", "found"):
        table.add_column(heading, justify="right" if heading in {"samples", "valid %", "quality"} else "left")
    for one in result.cleaned:
        table.add_row(*map(escape, _row(one)))
    console.print(table)
    console.print(f"written to {result.target}", soft_wrap=True)
    if request.plot:
        rest = (
            f"; {result.not_drawn} sensors more than a picture holds, choose with --sensor"
            if result.not_drawn
            else ""
        )
        console.print(f"drawn in {request.plot}{rest}", soft_wrap=True)


def _row(one: Cleaned) -> tuple[str, ...]:
    return (
        one.sensor_id,
        one.quantity or "?",
        one.unit,
        f"{one.time.size:,}",
        valid_percent(one),
        f"{float(np.mean(one.quality)):.1f}",
        _found(one),
    )


def _found(one: Cleaned) -> str:
    """Return how often each flag was raised, most often first."""
    masks, counts = distinct(one.flags)
    found = {flag.name or "": int(counts[masks & np.uint32(flag) != 0].sum()) for flag in Flag}
    return ", ".join(
        f"{name} {count:,}" for name, count in sorted(found.items(), key=lambda pair: -pair[1]) if count
    )
