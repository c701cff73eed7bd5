"""The replicas that are alive: each says so in a bucket, under a key that the server forgets."""

import time
from collections.abc import Callable

from msgspec import Struct

from integrations.messages import Header, MessageError, decode, encode

from .connection import Bus
from .latest import Latest
from .publishing.outgoing import Outgoing
from .publishing.publisher import Publisher
from .reading.direct import newest
from .streams import REPLICA_BUCKET

HEARTBEAT_SECONDS = 1.0
LEASE_SECONDS = 4
"""A replica not heard for so long counts as gone; the server counts in whole seconds."""


class Member(Struct, frozen=True):
    """What a replica says of itself."""

    instance: str
    began_ns: int


class Members:
    """One replica among those of its site, or of whatever `site` names.

    Of two that call themselves the same the younger one counts: the other has been killed, or is one too
    many.
    """

    def __init__(
        self,
        bus: Bus,
        publisher: Publisher,
        site: str,
        instance: str,
        *,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._member = Member(instance, now_ns())
        self.name = f"{instance[:100]}-{self._member.began_ns:x}"
        """Ours alone, whoever else is called `instance`."""
        self._bus = bus
        self._publisher = publisher
        self._bucket = Latest(bus, REPLICA_BUCKET)
        self._prefix = f"{site}.member."
        self.subject = f"$KV.{REPLICA_BUCKET}.{self._prefix}*"
        """Where replicas come and go."""

    async def renew(self) -> None:
        """Say that we are alive."""
        await self._publisher.publish_all([self._outgoing(encode(self._member), {})])

    async def leave(self) -> None:
        """Say that we are no more."""
        await self._publisher.publish_all([self._outgoing(b"", {Header.KV_OPERATION.value: "DEL"})])

    async def present(self) -> set[str]:
        """Return the names of those that are alive."""
        youngest: dict[str, tuple[int, str]] = {}
        for stored in await newest(self._bus, f"KV_{REPLICA_BUCKET}", self.subject):
            if Header.KV_OPERATION in stored.headers:
                continue
            try:
                member = decode(stored.data, Member)
            except MessageError:
                continue  # put there by somebody else
            found = (member.began_ns, stored.subject.rpartition(".")[2])
            youngest[member.instance] = max(found, youngest.get(member.instance, found))
        return {name for _, name in youngest.values()}

    def _outgoing(self, data: bytes, headers: dict[str, str]) -> Outgoing:
        headers = {Header.TTL.value: f"{LEASE_SECONDS}s", **headers}
        return self._bucket.outgoing(self._prefix + self.name, data, headers)
