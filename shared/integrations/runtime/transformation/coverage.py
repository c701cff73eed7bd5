"""How far CLEAN has got, read from CLEAN itself: what a former owner has published is not published again."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from integrations.bus import CLEAN, RAW, Bus, Stored, last_per_subject
from integrations.messages import CleanBatch, Header, MessageError, RawBatch, Subjects, decode, partition_of
from integrations.runtime.balances.config import DEVICE_CLASS

STORED_AT = "Nats-Time-Stamp"
"""Header of a message that is read from a stream: when it was stored."""
Numbered = tuple[int, RawBatch]
"""A raw batch behind its sequence in RAW."""


class Coverage:
    """For each sensor the sequence in RAW up to which its samples are in CLEAN."""

    def __init__(self) -> None:
        self._reached: dict[str, tuple[int, int]] = {}
        self.end = 0
        """No sensor is covered beyond this sequence."""

    def add(self, batches: Iterable[CleanBatch]) -> None:
        """Take note of the last batch of each of some sensors."""
        for batch in batches:
            self._reached[batch.sensor_id] = (_partition(batch), batch.raw_sequence)
            self.end = max(self.end, batch.raw_sequence)

    def forget(self, partitions: Collection[int] | None = None) -> None:
        """Forget the sensors of these partitions, or all."""
        self._reached = {
            sensor: reached
            for sensor, reached in self._reached.items()
            if partitions is not None and reached[0] not in partitions
        }
        self.end = max((sequence for _, sequence in self._reached.values()), default=0)

    def split(self, chunk: Sequence[Numbered]) -> tuple[list[Numbered], list[Numbered]]:
        """Return what is in CLEAN already, good for the state only, and what is not; both in order."""
        covered: list[Numbered] = []
        fresh: list[Numbered] = []
        for sequence, batch in chunk:
            partition = partition_of(batch.device_class, batch.source)
            old = [
                column
                for column in batch.columns
                if (reached := self._reached.get(column.sensor_id))
                and reached[0] == partition
                and sequence <= reached[1]
            ]
            if old:
                covered.append((sequence, replace(batch, columns=old)))
            if len(old) < len(batch.columns):
                known = {column.sensor_id for column in old}
                new = [column for column in batch.columns if column.sensor_id not in known]
                fresh.append((sequence, replace(batch, columns=new)))
        return covered, fresh


async def read_coverage(bus: Bus, site: str, partitions: Collection[int], at_least: int) -> list[CleanBatch]:
    """Return the last clean batch of each sensor of these partitions, as far as it is from RAW as it is now.

    CLEAN is believed once it has come to the sequence `at_least`. What is older than RAW itself counts for
    nothing: RAW was made anew, and its sequences began again at 1.
    """
    info = await bus.api(f"STREAM.INFO.{RAW}")
    created = datetime.fromisoformat(info["created"])
    batches = [
        batch
        async for stored, batch in last_clean(bus, site, at_least)
        if is_from(partitions, batch) and datetime.fromisoformat(stored.headers[STORED_AT]) >= created
    ]
    is_other = any(batch.raw_sequence > info["state"]["last_seq"] for batch in batches)
    return [] if is_other else batches  # RAW from a backup


async def last_clean(bus: Bus, site: str, at_least: int = 0) -> AsyncIterator[tuple[Stored, CleanBatch]]:
    """Yield the last clean message of every sensor; virtual ones are made of CLEAN, not of RAW."""
    async for stored in last_per_subject(bus, CLEAN, Subjects(site).every("clean"), at_least=at_least):
        try:
            batch = decode(stored.data, CleanBatch, stored.headers.get(Header.CONTENT_TYPE))
        except MessageError:
            continue  # written by something else; it says nothing about our progress
        if batch.device_class != DEVICE_CLASS:
            yield stored, batch


def is_from(partitions: Collection[int], batch: CleanBatch) -> bool:
    """Tell whether a clean batch was made of raw ones of these partitions."""
    return batch.device_class != DEVICE_CLASS and _partition(batch) in partitions


def _partition(batch: CleanBatch) -> int:
    return partition_of(batch.device_class, batch.source)
