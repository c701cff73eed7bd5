"""Events about one sensor or device, from the stream."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.bus import EVENTS, Bus, replay
from integrations.messages import Event, Header, MessageError, decode
from integrations.runtime.console.repeats import Repeats

SPAN = timedelta(days=7)
MOST = 100
PATIENCE_SECONDS = 5.0


async def read_events(bus: Bus, site: str, subject_id: str) -> list[dict[str, Any]]:
    """Return the newest events of the last week about it, the newest first.

    Raises:
        TimeoutError: the stream does not answer.
        BusError: it cannot be read.
    """
    found = Repeats(MOST)
    start = datetime.now(UTC) - SPAN
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for stored in replay(bus, EVENTS, f"gl.{site}.event.*.{subject_id}", start_time=start):
            with contextlib.suppress(MessageError):
                found.take(decode(stored.data, Event, stored.headers.get(Header.CONTENT_TYPE)))
    return [*found][::-1]
