"""How far CLEAN has got, read from CLEAN itself: after a restart nothing is published a second time."""

from collections.abc import AsyncIterator
from datetime import datetime

from integrations.bus import CLEAN, RAW, Bus, Stored, last_per_subject
from integrations.messages import CleanBatch, Header, MessageError, Subjects, decode

STORED_AT = "Nats-Time-Stamp"
"""Header of a message that is read from a stream: when it was stored."""


class Coverage:
    """For each sensor the sequence in RAW up to which its samples are in CLEAN."""

    def __init__(self, newest: dict[str, CleanBatch]) -> None:
        self._newest = newest
        self.end = max((batch.raw_sequence for batch in newest.values()), default=0)
        """No sensor is covered beyond this sequence."""

    def covers(self, batch: CleanBatch) -> bool:
        """Whether the samples of `batch` are in CLEAN already."""
        known = self._newest.get(batch.sensor_id)
        return known is not None and batch.raw_sequence <= known.raw_sequence


async def read_coverage(bus: Bus, site: str) -> Coverage:
    """Read how far CLEAN has got in RAW as it is now.

    What is older than RAW itself counts for nothing: RAW was made anew, and its sequences began again at 1.
    """
    info = await bus.api(f"STREAM.INFO.{RAW}")
    created = datetime.fromisoformat(info["created"])
    newest = {
        batch.sensor_id: batch
        async for stored, batch in last_clean(bus, site)
        if datetime.fromisoformat(stored.headers[STORED_AT]) >= created
    }
    coverage = Coverage(newest)
    return coverage if coverage.end <= info["state"]["last_seq"] else Coverage({})  # RAW from a backup


async def last_clean(bus: Bus, site: str) -> AsyncIterator[tuple[Stored, CleanBatch]]:
    """Yield the last clean message of every sensor."""
    async for stored in last_per_subject(bus, CLEAN, Subjects(site).every("clean")):
        try:
            yield stored, decode(stored.data, CleanBatch, stored.headers.get(Header.CONTENT_TYPE))
        except MessageError:
            continue  # written by something else; it says nothing about our progress
