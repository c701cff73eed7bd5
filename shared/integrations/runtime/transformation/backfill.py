"""A time range of RAW cleaned once more under another configuration, beside the readings that stand in CLEAN.

What comes of it goes to subjects of its own, `gl.<site>.recleaned.<configuration>.…`: who listens to clean
readings never takes one of last week for one of now, last values stay what they are, and two configurations
can be compared. The live service is not touched: RAW is read without a consumer.
"""

import hashlib
import math
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
import structlog
from msgspec.structs import replace

from integrations.bus import CLEAN, RAW, Bus, Outgoing, Publisher, Stored, replay
from integrations.messages import CleanBatch, ContentType, Header, MessageError, RawBatch, Subjects, encode
from integrations.quality import names
from integrations.runtime.plant.settings import Plant
from integrations.runtime.transformation.coverage import STORED_AT
from integrations.runtime.transformation.intake import Intake, read_batch
from integrations.runtime.transformation.limits import cleaning_settings
from integrations.runtime.transformation.rebuild import WINDOW
from integrations.transformation import ChannelFault, Cleaner, CleaningSettings, TransformationError

log = structlog.get_logger(__name__)

BLOCK_SECONDS = 10
"""Readings stored within one such stretch of time become one message a sensor, whatever the range is."""
MOST_SAMPLES = 2000
"""Samples in one message; more become several."""
SAMPLE_LISTS = ("time", "value", "raw_value", "status", "quality", "qartod", "flags")
VALID_FROM = 50.0
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True)
class Span:
    """When RAW stored what is cleaned again: UTC seconds, from the first to before the last, whole blocks."""

    begin: int
    end: int

    @classmethod
    def around(cls, begin: datetime, end: datetime) -> "Span":
        """Return the blocks that hold everything from `begin` to before `end`."""
        first, last = math.floor(begin.timestamp()), math.ceil(end.timestamp())
        return cls(first - first % BLOCK_SECONDS, last + -last % BLOCK_SECONDS)


@dataclass
class Block:
    """What RAW stored within one stretch of time, each second of it for itself."""

    begin: int
    seconds: dict[int, list[tuple[int, RawBatch]]] = field(default_factory=dict)
    stored_ns: dict[int, int] = field(default_factory=dict)
    """When the last message of each second was stored."""


@dataclass
class Summary:
    """What a backfill has found and done."""

    raw_messages: int = 0
    unreadable: int = 0
    readings: int = 0
    valid: int = 0
    flags: Counter[str] = field(default_factory=Counter)
    sensors: set[str] = field(default_factory=set)
    messages: int = 0
    already_there: int = 0
    faults: list[str] = field(default_factory=list)

    def count(self, batch: CleanBatch) -> None:
        """Count a batch of clean readings."""
        self.sensors.add(batch.sensor_id)
        self.readings += len(batch.time)
        self.valid += sum(score >= VALID_FROM for score in batch.quality)
        for mask, times in Counter(batch.flags).items():
            for name in names(mask):
                self.flags[name] += times


def digest_of(settings: CleaningSettings) -> str:
    """Return what a configuration is called on the bus: the same for the same limits, whoever asks."""
    return hashlib.sha256(msgspec.json.encode(settings, order="sorted")).hexdigest()[:12]


class Backfill:
    """Cleans what RAW has of a span, after a warm-up for the state, and publishes it unless it is there."""

    def __init__(self, plant: Plant, bus: Bus, span: Span, sensors: Collection[str] = ()) -> None:
        settings = cleaning_settings(plant)
        self.configuration = digest_of(settings)
        self.summary = Summary()
        self._bus = bus
        self._span = span
        self._sensors = frozenset(sensors)
        self._subjects = Subjects(plant.site)
        self._content_type: ContentType = plant.content_type
        self._intake = Intake()
        self._now_ns = 0
        self._cleaner = Cleaner(settings, on_fault=self._on_fault, now_ns=lambda: self._now_ns)
        self._there: set[int] = set()

    async def run(
        self, publisher: Publisher | None, told: Callable[[float], None] = lambda _: None
    ) -> Summary:
        """Clean the span and return what was found; without a `publisher` nothing is published.

        Args:
            publisher: takes the messages.
            told: how much of the span is done, 0 to 1.
        """
        begin, end = self._span.begin, self._span.end
        if publisher:
            self._there = {hash(message_id) async for message_id in self._published()}
        async for block in self._blocks():
            batches = [batch for second in block.seconds for batch in self._clean(block, second)]
            if block.begin >= begin:
                await self._publish([*joined(batches)], publisher)
                told((block.begin - begin) / (end - begin))
        told(1.0)
        return self.summary

    async def _blocks(self) -> AsyncIterator[Block]:
        """Yield what RAW has block by block, warm-up included."""
        since = datetime.fromtimestamp(self._span.begin, UTC) - WINDOW
        block = Block(0)
        async for stored in replay(self._bus, RAW, self._subjects.every("raw"), start_time=since):
            at = datetime.fromisoformat(stored.headers[STORED_AT]).timestamp()
            second = int(at)
            if second >= self._span.end:
                break
            if (begin := second - second % BLOCK_SECONDS) != block.begin:
                yield block
                block = Block(begin)
            if batch := self._read(stored, counts=begin >= self._span.begin):
                block.seconds.setdefault(second, []).append((stored.sequence, batch))
                block.stored_ns[second] = int(at * _SECOND_NS)
        yield block

    def _read(self, stored: Stored, *, counts: bool) -> RawBatch | None:
        """Return what is wanted of a raw message, if anything."""
        self.summary.raw_messages += counts
        try:
            batch = read_batch(stored.subject, stored.data, stored.headers)
        except MessageError:
            self.summary.unreadable += counts
            return None
        if not self._intake.is_new(batch):
            return None
        if not self._sensors:
            return batch
        columns = [column for column in batch.columns if column.sensor_id in self._sensors]
        return replace(batch, columns=columns) if columns else None

    def _clean(self, block: Block, second: int) -> list[CleanBatch]:
        """Clean a second of RAW as it would have been cleaned then: what was new is not old."""
        self._now_ns = block.stored_ns[second]
        chunk = block.seconds[second]
        try:
            return self._cleaner.clean(chunk)
        except TransformationError:
            log.info("a second of RAW is cleaned message by message", begin=second)
        batches: list[CleanBatch] = []
        for one in chunk:
            try:
                batches += self._cleaner.clean([one])
            except TransformationError:
                self.summary.unreadable += block.begin >= self._span.begin
        return batches

    async def _publish(self, batches: Sequence[CleanBatch], publisher: Publisher | None) -> None:
        for batch in batches:
            self.summary.count(batch)
        outgoing = [self._outgoing(batch) for batch in batches]
        fresh = [message for message in outgoing if hash(message.message_id) not in self._there]
        self.summary.already_there += len(outgoing) - len(fresh)
        self.summary.messages += len(fresh)
        if publisher:
            await publisher.publish_all(fresh)

    async def _published(self) -> AsyncIterator[str]:
        """Yield the ids of what was published under this configuration before: also long ago."""
        subject = f"gl.{self._subjects.site}.recleaned.{self.configuration}.>"
        async for stored in replay(self._bus, CLEAN, subject):
            yield stored.headers.get(Header.MESSAGE_ID, "")

    def _outgoing(self, batch: CleanBatch) -> Outgoing:
        subject = self._subjects.recleaned(self.configuration, batch.device_class, batch.sensor_id)
        headers = {
            Header.CONTENT_TYPE.value: self._content_type.value,
            Header.CONFIGURATION.value: self.configuration,
        }
        message_id = f"{subject}-{batch.raw_sequence}-{batch.time[0]}"
        return Outgoing(subject, encode(batch, self._content_type), headers, message_id)

    def _on_fault(self, fault: ChannelFault) -> None:
        self.summary.faults.append(f"{fault.sensor_id} is carried unchecked: {fault.reason}")


def joined(batches: Iterable[CleanBatch]) -> Iterator[CleanBatch]:
    """Join what is of one sensor in one unit from one place, in pieces of bounded size."""
    kinds: dict[tuple[str, ...], list[CleanBatch]] = {}
    for batch in batches:
        kind = (batch.sensor_id, batch.quantity, batch.unit, batch.raw_unit, batch.origin, batch.source)
        kinds.setdefault(kind, []).append(batch)
    for parts in kinds.values():
        piece: list[CleanBatch] = []
        size = 0
        for part in parts:
            if piece and size + len(part.time) > MOST_SAMPLES:
                yield _one(piece)
                piece, size = [], 0
            piece.append(part)
            size += len(part.time)
        yield _one(piece)


def _one(parts: list[CleanBatch]) -> CleanBatch:
    lists = {name: [each for part in parts for each in getattr(part, name)] for name in SAMPLE_LISTS}
    return replace(parts[-1], **lists)
