"""What comes out of RAW: batches that can be cleaned, repeats that are passed over, and what is dead."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from integrations.bus import Received
from integrations.messages import Header, MessageError, RawBatch, decode, split_stored

MAX_SOURCES = 100_000
"""Sources whose counters are remembered; beyond that the one that was new first is forgotten."""
EPOCHS_KEPT = 4
"""Counters remembered of one source: a restart begins another, and a late message may belong to the last."""


@dataclass(frozen=True, slots=True)
class Usable:
    """A raw batch with its sequence in RAW and the headers it came with."""

    sequence: int
    batch: RawBatch
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Dead:
    """A message that nobody can use, and why."""

    message: Received
    reason: str


class Intake:
    """Reads messages; knows each source's counters, so that a batch stored twice is used once.

    JetStream drops repeats within its duplicate window; an outbox may hold a message for longer than that.
    Counters of different epochs are never compared: a machine may start with its clock behind.
    """

    def __init__(self) -> None:
        self.repeats = 0
        self._newest: dict[tuple[str, str], dict[int, int]] = {}

    def read(self, messages: Sequence[Received]) -> tuple[list[Usable], list[Dead]]:
        """Return what can be used, in order, and what cannot."""
        usable: list[Usable] = []
        dead: list[Dead] = []
        for message in messages:
            try:
                batch = read_batch(message.subject, message.data, message.headers)
            except MessageError as error:
                dead.append(Dead(message, str(error)))
                continue
            if self.is_new(batch):
                usable.append(Usable(message.stream_sequence, batch, message.headers))
            else:
                self.repeats += 1
        return usable, dead

    def is_new(self, batch: RawBatch) -> bool:
        """Take note of a batch; False when its source has counted past it already."""
        counters = self._counters((batch.device_class, batch.source))
        if batch.sequence <= counters.get(batch.epoch, -1):
            return False
        if batch.epoch not in counters and len(counters) == EPOCHS_KEPT:
            del counters[next(iter(counters))]
        counters[batch.epoch] = batch.sequence
        return True

    def forget_where(self, forgotten: Callable[[str, str], bool]) -> None:
        """Forget the counters of sources, by device class and name."""
        for source in [source for source in self._newest if forgotten(*source)]:
            del self._newest[source]

    def _counters(self, source: tuple[str, str]) -> dict[int, int]:
        counters = self._newest.get(source)
        if counters is None:
            if len(self._newest) >= MAX_SOURCES:
                del self._newest[next(iter(self._newest))]
            counters = self._newest[source] = {}
        return counters


def read_batch(subject: str, data: bytes, headers: Mapping[str, str]) -> RawBatch:
    """Decode and check a raw batch that came on `subject`, as published or as stored.

    Raises:
        MessageError: it is not one, or it says it came from elsewhere.
    """
    batch = decode(data, RawBatch, headers.get(Header.CONTENT_TYPE))
    batch.check()
    said = f"gl.{batch.site}.raw.{batch.device_class}.{batch.source}"
    if said != (subject := split_stored(subject)[1]):
        raise MessageError(f"a batch on {subject} must be from there, this one says {said}")
    return batch
