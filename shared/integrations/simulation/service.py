"""The simulated plant in real time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Never, Protocol

from .instruments import Instruments
from .plant import TICK_SECONDS


class Shows(Protocol):
    """What shows the plant to the outside."""

    def refresh(self) -> None:
        """Show the plant as it is now."""


async def serve_plant(
    instruments: Instruments,
    servers: Sequence[Shows],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Never:
    """Let the plant live ten times a second and its devices show it, until cancelled.

    The caller has entered `servers`, and owns this in its TaskGroup. Plant time goes on from where it stands;
    a late turn catches up.
    """
    start = clock() - instruments.plant.time_seconds
    while True:
        instruments.advance(clock() - start)
        for server in servers:
            server.refresh()
        await sleep(max(0.0, instruments.plant.time_seconds + TICK_SECONDS - (clock() - start)))
