"""The live table kept up to date, until the end is asked for."""

import asyncio
import sys
from typing import TextIO

from rich.console import Console
from rich.live import Live

from integrations.runtime.process.life import Stop

from .live import LiveView
from .table import HEAD_LINES, coloured, plain

GONE = "nobody reads the table any more"


async def show_screen(
    view: LiveView, stop: Stop, *, console: Console | None = None, every_seconds: float = 0.25
) -> None:
    """Fill the terminal with the table; it is as it was afterwards. A terminal that was closed ends it."""
    console = console or Console()
    try:
        # Drawn here and not by rich's own thread: the view belongs to the event loop.
        with Live(console=console, screen=True, auto_refresh=False) as live:
            while True:
                live.update(coloured(view.picture(console.height - HEAD_LINES)), refresh=True)
                if await _stopped(stop, every_seconds):
                    return
    except OSError:
        stop.set(GONE)


async def show_plain(
    view: LiveView, stop: Stop, *, stream: TextIO | None = None, every_seconds: float = 2.0
) -> None:
    """Print the table every few seconds and once at the end; a reader that went away ends it too."""
    stream = stream or sys.stdout
    while True:
        stopped = await _stopped(stop, every_seconds)
        try:
            print(_encodable(plain(view.picture()), stream), end="\n\n", file=stream, flush=True)
        except OSError:
            stop.set(GONE)
            return
        if stopped:
            return


async def _stopped(stop: Stop, within_seconds: float) -> bool:
    try:
        async with asyncio.timeout(within_seconds):
            await stop.wait()
    except TimeoutError:
        return False
    return True


def _encodable(text: str, stream: TextIO) -> str:
    """Return what `stream` can write of `text`: not every place has a °."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)
