"""How far CLEAN has got, read from CLEAN itself: after a restart nothing is published a second time."""

from integrations.bus import CLEAN, RAW, Bus, last_per_subject
from integrations.messages import CleanBatch, Header, MessageError, Subjects, decode


class Coverage:
    """For each sensor the sequence in RAW up to which its samples are in CLEAN."""

    def __init__(self, newest: dict[str, CleanBatch]) -> None:
        self.newest = newest
        """Last clean batch by sensor id."""
        self.end = max((batch.raw_sequence for batch in newest.values()), default=0)
        """No sensor is covered beyond this sequence."""

    def covers(self, batch: CleanBatch) -> bool:
        """Whether the samples of `batch` are in CLEAN already."""
        known = self.newest.get(batch.sensor_id)
        return known is not None and batch.raw_sequence <= known.raw_sequence


async def read_coverage(bus: Bus, site: str) -> Coverage:
    """Read the last message of every sensor; empty when RAW has been made anew and counts from 1 again."""
    newest: dict[str, CleanBatch] = {}
    async for stored in last_per_subject(bus, CLEAN, Subjects(site).every("clean")):
        try:
            batch = decode(stored.data, CleanBatch, stored.headers.get(Header.CONTENT_TYPE))
        except MessageError:
            continue  # written by something else; it says nothing about our progress
        newest[batch.sensor_id] = batch
    coverage = Coverage(newest)
    info = await bus.api(f"STREAM.INFO.{RAW}")
    return coverage if coverage.end <= info["state"]["last_seq"] else Coverage({})
