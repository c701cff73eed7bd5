"""Fences in CLEAN: who cleans a partition, written where nobody else's clean readings get past it.

A fence is a message in the stream of the clean readings themselves. Each of those names the sequence of the
fence it was made behind, and the server refuses it once there is a newer one: a replica that was stopped,
cut off or merely slow cannot publish any more from the moment in which another has taken over.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import Struct

from integrations.bus import CLEAN, Bus, Outgoing, Publisher, PublishRefusedError, newest
from integrations.messages import Header, MessageError, Subjects, decode, encode
from integrations.runtime.transformation.sharing import FREE

WRONG_LAST_SEQUENCE = 10071
"""JetStream's number for: there is a newer one."""


class _Claim(Struct, frozen=True):
    owner: str


@dataclass(frozen=True, slots=True)
class Fence:
    """The newest fence of a partition; `sequence` 0 and no owner where there is none."""

    owner: str = FREE
    sequence: int = 0


NO_FENCE = Fence()


class Fences:
    """Reads and writes the fences of a site; each is replaced only by who has seen it."""

    def __init__(self, bus: Bus, publisher: Publisher, site: str) -> None:
        self._bus = bus
        self._publisher = publisher
        self._subjects = Subjects(site)
        self.subject = f"gl.{site}.fence.*"

    async def read(self) -> dict[int, Fence]:
        """Return the newest fence of each partition that has one."""
        found = {}
        for stored in await newest(self._bus, CLEAN, self.subject):
            try:
                owner = decode(stored.data, _Claim).owner
            except MessageError:
                owner = FREE  # none of ours, but it stands there
            found[int(stored.subject.rpartition(".")[2])] = Fence(owner, stored.sequence)
        return found

    async def put(self, owner: str, seen: Mapping[int, int]) -> dict[int, int]:
        """Replace the fences of these partitions, by what was seen of them: their sequence, 0 for none.

        Returns the sequences of those that were ours to replace.
        """
        messages = {partition: self._outgoing(partition, owner, last) for partition, last in seen.items()}
        with contextlib.suppress(PublishRefusedError):  # what stands there says whose they are now
            await self._publisher.publish_all(list(messages.values()))
        # Read back rather than taken from the acknowledgements: one that was lost is followed by a refusal.
        fences = await self.read()
        return {
            partition: fence.sequence
            for partition, last in seen.items()
            if (fence := fences.get(partition, NO_FENCE)).owner == owner and fence.sequence > last
        }

    def headers(self, partition: int, sequence: int) -> dict[str, str]:
        """Return the headers that keep a message behind a fence."""
        return {
            Header.EXPECTED_SEQUENCE.value: str(sequence),
            Header.EXPECTED_SUBJECT.value: self._subjects.fence(partition),
        }

    def _outgoing(self, partition: int, owner: str, last: int) -> Outgoing:
        headers = {Header.EXPECTED_SEQUENCE.value: str(last)}
        return Outgoing(self._subjects.fence(partition), encode(_Claim(owner)), headers)
