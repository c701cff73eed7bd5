"""`gl003 tail`: what goes by on the bus, a line a message."""

import asyncio
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from integrations.bus import Bus, BusEvent, BusEventKind, listening
from integrations.configuration import ConfigurationError, Fault
from integrations.runtime.plant.settings import Plant
from integrations.runtime.process.life import EXIT_CLEAN, EXIT_CRASH

from integrations.cli.connected import on_the_bus, say
from integrations.cli.duration import seconds_of
from .message_lines import Seen, line_of, row_of

WAITING = 10_000
"""Messages that may wait to be shown; more come than a terminal can show, and are counted."""


@dataclass(frozen=True)
class Wanted:
    """What was asked for on the command line."""

    subject: str
    config: Path | None = None
    count: int | None = None
    duration: str | None = None
    as_json: bool = False


def tail(wanted: Wanted) -> int:
    """Show messages until interrupted, or as many or as long as is wanted; return the exit code."""

    def asked(plant: Plant) -> tuple[str, float | None]:
        seconds = seconds_of("--for", wanted.duration) if wanted.duration else None
        return full_subject(wanted.subject, plant.site), seconds

    async def work(plant: Plant, bus: Bus) -> int:
        return await _show(bus, *asked(plant), wanted)

    return on_the_bus("tail", wanted.config, work, first=asked)


def full_subject(pattern: str, site: str) -> str:
    """Return the subject that is meant: `clean.>` is that of the site, what begins with gl. or $ as it is.

    Raises:
        ConfigurationError: it is no subject.
    """
    full = pattern if pattern.startswith(("gl.", "$", "_INBOX.")) else f"gl.{site}.{pattern}"
    tokens = full.split(".")
    whole = all(token and token.isprintable() and " " not in token for token in tokens)
    if not whole or ">" in tokens[:-1]:
        allowed = "must be a subject such as clean.>, 'clean.steam_meter.*' or gl.plant1.event.>"
        raise ConfigurationError([Fault("", "subject", pattern, allowed)])
    return full


async def _show(bus: Bus, subject: str, seconds: float | None, wanted: Wanted) -> int:
    queue: asyncio.Queue[Seen | BusEvent] = asyncio.Queue(WAITING)
    missed = 0

    def on_message(name: str, headers: dict[str, str], body: bytes) -> None:
        nonlocal missed
        try:
            queue.put_nowait(Seen(time.time_ns(), name, headers, body))
        except asyncio.QueueFull:
            missed += 1

    def on_event(event: BusEvent) -> None:
        if event.kind is BusEventKind.PERMISSION_DENIED:
            queue.put_nowait(event)

    bus.observe(on_event)
    shown = 0
    write = row_of if wanted.as_json else line_of
    try:
        async with asyncio.timeout(seconds), listening(bus, subject, on_message):
            while wanted.count is None or shown < wanted.count:
                seen = await queue.get()
                if isinstance(seen, BusEvent):
                    say(f"tail: {seen.text}")
                    return EXIT_CRASH
                sys.stdout.write(write(seen) + "\n")
                sys.stdout.flush()
                shown += 1
    except TimeoutError:
        pass
    finally:
        if missed:
            say(f"tail: {missed} messages were not shown: they came faster than they could be written")
    return EXIT_CLEAN
