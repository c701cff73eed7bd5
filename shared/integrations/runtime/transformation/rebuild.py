"""State of the sensors of partitions: the last window of RAW, cleaned once more and not published."""

import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta

from integrations.bus import RAW, Bus, Stored, replay
from integrations.messages import PARTITIONS, MessageError, RawBatch, Subjects
from integrations.runtime.transformation.intake import Intake, read_batch
from integrations.runtime.transformation.positions import Position
from integrations.transformation import Cleaner, TransformationError

WINDOW = timedelta(seconds=120)
"""Longer than any detector looks back at one reading a second."""
MAX_MESSAGES = 50_000
CHUNK_MESSAGES = 200


async def rebuild(
    bus: Bus, site: str, positions: Mapping[int, Position], cleaner: Cleaner, intake: Intake
) -> int:
    """Clean what came before each partition's position; return the number of batches."""
    together: dict[Position, list[int]] = defaultdict(list)
    for partition, position in positions.items():
        together[position].append(partition)
    count = 0
    for position, partitions in together.items():
        subjects = Subjects(site)
        everything = len(partitions) == PARTITIONS
        filters = [subjects.every("raw")] if everything else map(subjects.partition, partitions)
        for subject in filters:
            count += await _take_in(_window(bus, subject, position), cleaner, intake)
    return count


async def _take_in(window: AsyncIterator[Stored], cleaner: Cleaner, intake: Intake) -> int:
    count = 0
    chunk: list[tuple[int, RawBatch]] = []
    async for stored in window:
        try:
            batch = read_batch(stored.subject, stored.data, stored.headers)
        except MessageError:
            continue  # it went to the dead subject when it came first
        if intake.is_new(batch):
            chunk.append((stored.sequence, batch))
            count += 1
        if len(chunk) == CHUNK_MESSAGES:
            _clean(cleaner, chunk)
            chunk = []
    _clean(cleaner, chunk)
    return count


async def _window(bus: Bus, subject: str, position: Position) -> AsyncIterator[Stored]:
    """Yield what the stream has of the window, or the end of it when that is very much."""
    if position.next <= 1:
        return
    earliest, stop = position.next - MAX_MESSAGES, position.next - 1
    since = datetime.fromtimestamp(position.time_ns / 1e9, UTC) - WINDOW
    async for stored in replay(bus, RAW, subject, start_time=since, stop_sequence=stop):
        if stored.sequence < earliest:
            break
        yield stored
    else:
        return
    async for stored in replay(bus, RAW, subject, start_sequence=earliest, stop_sequence=stop):
        yield stored


def _clean(cleaner: Cleaner, chunk: list[tuple[int, RawBatch]]) -> None:
    with contextlib.suppress(TransformationError):  # unusable then, unusable now
        cleaner.clean(chunk)
