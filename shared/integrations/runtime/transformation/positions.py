"""How far each partition has been cleaned: written now and then, so that the next owner begins there."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from integrations.bus import REPLICA_BUCKET, Bus, Latest, Outgoing, last_per_subject
from integrations.messages import MessageError, decode, encode


class Position(Struct, frozen=True):
    """Everything of a partition before `next` has been cleaned and is in CLEAN."""

    created: str = ""
    """When RAW was made: the sequences of another RAW mean nothing."""
    next: int = 1
    time_ns: int = 0
    """When RAW stored the last message before `next`."""


START = Position()


class Positions:
    """The positions of a site in their bucket.

    A position that is behind the truth costs time only: what CLEAN has already is not published again.
    """

    def __init__(self, bus: Bus, site: str) -> None:
        self._bus = bus
        self._bucket = Latest(bus, REPLICA_BUCKET)
        self._prefix = f"{site}.position."
        self._written: dict[int, Position] = {}

    async def read(self, created: str) -> dict[int, Position]:
        """Return the positions in the RAW that was made at `created`."""
        found = {}
        subject = f"$KV.{REPLICA_BUCKET}.{self._prefix}*"
        async for stored in last_per_subject(self._bus, f"KV_{REPLICA_BUCKET}", subject):
            try:
                position = decode(stored.data, Position)
            except MessageError:
                continue  # taken away, or none of ours
            if position.created == created:
                found[int(stored.subject.rpartition(".")[2])] = position
        return found

    def outgoing(self, positions: Mapping[int, Position]) -> list[Outgoing]:
        """Return the messages that write down what has changed since the last call."""
        changed = {p: at for p, at in positions.items() if self._written.get(p) != at}
        self._written |= changed
        return [self._bucket.outgoing(f"{self._prefix}{p}", encode(at)) for p, at in changed.items()]

    def forget(self, partitions: Iterable[int]) -> None:
        """Others write these now."""
        for partition in partitions:
            self._written.pop(partition, None)
