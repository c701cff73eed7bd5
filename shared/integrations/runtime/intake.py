"""What comes out of RAW: batches that can be cleaned, repeats that are passed over, and what is dead."""

from collections.abc import Sequence
from dataclasses import dataclass

from integrations.bus import Received
from integrations.messages import Header, MessageError, RawBatch, decode


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
    """Reads messages; knows each source's counter, so that a batch stored twice is used once.

    JetStream drops repeats within its duplicate window; an outbox may hold a message for longer than that.
    """

    def __init__(self) -> None:
        self.repeats = 0
        self._newest: dict[tuple[str, str], tuple[int, int]] = {}

    def read(self, messages: Sequence[Received]) -> tuple[list[Usable], list[Dead]]:
        """Return what can be used, in order, and what cannot."""
        usable: list[Usable] = []
        dead: list[Dead] = []
        for message in messages:
            try:
                batch = read_batch(message.data, message.headers)
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
        source = (batch.device_class, batch.source)
        counter = (batch.epoch, batch.sequence)
        if counter <= self._newest.get(source, (-1, -1)):
            return False
        self._newest[source] = counter
        return True


def read_batch(data: bytes, headers: dict[str, str]) -> RawBatch:
    """Decode and check a raw batch.

    Raises:
        MessageError: it is not one.
    """
    batch = decode(data, RawBatch, headers.get(Header.CONTENT_TYPE))
    batch.check()
    return batch
