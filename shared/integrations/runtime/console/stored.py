"""Readings of one sensor in CLEAN between two times: counted, read in pieces, looked into here and there."""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from datetime import datetime

from integrations.bus import CLEAN, Bus, Stored, replay, since
from integrations.messages import CleanBatch, Header, MessageError, decode
from integrations.runtime.console.buckets import Buckets

AT_ONCE = 4
BREATH = 100
"""Messages after which others get their turn."""


@dataclass
class Past:
    """Where the readings are, and how far they have been read."""

    bus: Bus
    subject: str
    begin: datetime
    end: datetime
    sequence: int = 0
    messages: int = 0
    newest_ns: int = 0
    """When the newest sample that was read was measured."""


async def count_of(past: Past) -> int:
    """Return how many messages were stored between the two times."""
    firsts = [await since(past.bus, CLEAN, past.subject, at, 1) for at in (past.begin, past.end)]
    after_begin, after_end = (found[0].pending + 1 if found else 0 for found in firsts)
    return max(0, after_begin - after_end)


async def read_on(past: Past, buckets: Buckets, seconds: float) -> bool:
    """Read on from where `past` stands for so long; return whether the end is reached."""
    until, last_ns = time.monotonic() + seconds, past.end.timestamp() * 1e9
    started = {"start_sequence": past.sequence + 1} if past.sequence else {"start_time": past.begin}
    async for stored in replay(past.bus, CLEAN, past.subject, **started):
        if stored.time_ns > last_ns:
            return True
        past.sequence = stored.sequence
        past.messages += 1
        past.newest_ns = max(past.newest_ns, _take(stored, buckets))
        if past.messages % BREATH == 0:
            await asyncio.sleep(0)
            if time.monotonic() > until:
                return False
    return True


async def sample(past: Past, end: datetime, points: int, most: int, buckets: Buckets) -> None:
    """Read the first messages of each stretch: as many of each, and not more than `most` of all.

    Raises:
        BusError: the stream cannot be read.
    """
    step = (end - past.begin) / points
    places = asyncio.Semaphore(AT_ONCE)

    async def one(at: int) -> None:
        async with places:
            begin = past.begin + at * step
            for stored in await since(past.bus, CLEAN, past.subject, begin, max(1, most // points)):
                _take(stored, buckets)

    try:
        async with asyncio.TaskGroup() as group:
            for at in range(points):
                group.create_task(one(at))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None


def _take(stored: Stored, buckets: Buckets) -> int:
    """Take a message; return the time of its last sample."""
    with contextlib.suppress(MessageError):
        batch = decode(stored.data, CleanBatch, stored.headers.get(Header.CONTENT_TYPE))
        buckets.take(batch)
        return batch.time[-1] if batch.time else 0
    return 0
