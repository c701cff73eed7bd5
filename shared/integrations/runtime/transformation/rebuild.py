"""State of the sensors after a restart: the last window of RAW, cleaned once more and not published."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from integrations.bus import RAW, Bus, Received, Stored, replay
from integrations.messages import MessageError, RawBatch, Subjects
from integrations.runtime.transformation.intake import Intake, read_batch
from integrations.transformation import Cleaner, TransformationError

WINDOW = timedelta(seconds=120)
"""Longer than any detector looks back at one reading a second."""
MAX_MESSAGES = 50_000
CHUNK_MESSAGES = 200


async def rebuild(bus: Bus, site: str, first: Received, cleaner: Cleaner, intake: Intake) -> int:
    """Clean what came before `first`, the first message of this run; return the number of batches."""
    count = 0
    chunk: list[tuple[int, RawBatch]] = []
    async for stored in _window(bus, Subjects(site).every("raw"), first):
        try:
            batch = read_batch(stored.subject, stored.data, stored.headers)
        except MessageError:
            continue  # it went to the dead subject when it came first
        if intake.is_new(batch):
            chunk.append((stored.sequence, batch))
            count += 1
        if len(chunk) == CHUNK_MESSAGES:
            _take_in(cleaner, chunk)
            chunk = []
    _take_in(cleaner, chunk)
    return count


async def _window(bus: Bus, subject: str, first: Received) -> AsyncIterator[Stored]:
    """Yield what the stream has of the window, or the end of it when that is very much."""
    earliest, stop = first.stream_sequence - MAX_MESSAGES, first.stream_sequence - 1
    since = datetime.fromtimestamp(first.time_ns / 1e9, UTC) - WINDOW
    async for stored in replay(bus, RAW, subject, start_time=since, stop_sequence=stop):
        if stored.sequence < earliest:
            break
        yield stored
    else:
        return
    async for stored in replay(bus, RAW, subject, start_sequence=earliest, stop_sequence=stop):
        yield stored


def _take_in(cleaner: Cleaner, chunk: list[tuple[int, RawBatch]]) -> None:
    with contextlib.suppress(TransformationError):  # unusable then, unusable now
        cleaner.clean(chunk)
