"""One replica's part of the partitions: seen, claimed, given back, and proven by fences in CLEAN."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

import structlog

from integrations.bus import LEASE_SECONDS, Bus, BusEvent, BusEventKind, Members, Publisher
from integrations.runtime.transformation.fences import NO_FENCE, Fence, Fences
from integrations.runtime.transformation.positions import Position
from integrations.runtime.transformation.sharing import FREE, shares

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Held:
    """A partition that is ours: the fence in front of it, and how far it has been cleaned."""

    fence: int
    headers: dict[str, str]
    position: Position


@dataclass(frozen=True)
class Plan:
    """What is to be done so that every partition has the owner that it should have."""

    give: set[int] = field(default_factory=set)
    take: dict[int, int] = field(default_factory=dict)
    """Partitions to claim, with the sequence of the fence that was seen of each."""


class Replica:
    """The partitions of one replica.

    Nothing here rests on clocks: a replica owns a partition as long as the fence is its own, whatever it
    believes. The lease of its membership only says when the others may put theirs in its place.
    """

    def __init__(
        self,
        bus: Bus,
        publisher: Publisher,
        site: str,
        instance: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.members = Members(bus, publisher, site, instance)
        self.fences = Fences(bus, publisher, site)
        self.held: dict[int, Held] = {}
        self.lost: set[int] = set()
        """Partitions that turned out to be somebody else's, until somebody asks."""
        self._clock = clock
        self._patient_until = 0.0
        self._unobserve = bus.observe(self._on_bus_event)

    def headers(self, partition: int) -> dict[str, str] | None:
        """Return what a clean message of the partition must carry; None when it is not ours."""
        held = self.held.get(partition)
        return held.headers if held else None

    async def look(self) -> Plan:
        """Compare who has what with who should; raises as the bus does."""
        name = self.members.name
        present = await self.members.present()
        fences = await self.confirm()
        if name not in present:
            return Plan()  # we are not heard yet, so others may not be either
        owners = {partition: fence.owner for partition, fence in fences.items() if fence.owner in present}
        wanted = {partition for partition, owner in shares(present, owners).items() if owner == name}
        takeable = {FREE, name} if self._clock() < self._patient_until else None
        seen = {partition: fences.get(partition, NO_FENCE) for partition in wanted - self.held.keys()}
        return Plan(
            give=self.held.keys() - wanted,
            take={
                partition: fence.sequence
                for partition, fence in seen.items()
                if fence.owner not in present - {name} and (takeable is None or fence.owner in takeable)
            },
        )

    async def confirm(self) -> dict[int, Fence]:
        """Read the fences: put ours again where CLEAN has lost them, note what is somebody else's."""
        fences = await self.fences.read()
        gone = {partition: 0 for partition in self.held if partition not in fences}
        if gone:
            log.warning("CLEAN has lost the fences of our partitions", partitions=len(gone))
            await self.fences.put(self.members.name, gone)
            fences = await self.fences.read()
        for partition in tuple(self.held):
            fence = fences.get(partition, NO_FENCE)
            if fence.owner == self.members.name:
                self._fence(partition, fence.sequence, self.held[partition].position)
            elif fence.sequence:
                del self.held[partition]
                self.lost.add(partition)
        return fences

    async def claim(self, seen: Mapping[int, int]) -> dict[int, int]:
        """Put our fences in front of partitions; return those that succeeded, not held yet."""
        return await self.fences.put(self.members.name, seen)

    def hold(self, fences: Mapping[int, int], positions: Mapping[int, Position]) -> None:
        """Begin to own partitions that were claimed."""
        for partition, sequence in fences.items():
            self._fence(partition, sequence, positions[partition])

    async def give(self, partitions: Collection[int]) -> None:
        """Let others have these."""
        fences = {partition: self.held.pop(partition).fence for partition in partitions}
        await self.fences.put(FREE, fences)

    def advance(self, to: Position) -> None:
        """Take note that all partitions have been cleaned up to there."""
        for held in self.held.values():
            if to.next > held.position.next:
                held.position = to

    def begin_anew(self, created: str) -> None:
        """Begin at the start of another RAW."""
        for held in self.held.values():
            held.position = Position(created)

    def positions(self, partitions: Iterable[int] | None = None) -> dict[int, Position]:
        """Return how far partitions have been cleaned."""
        chosen = self.held if partitions is None else partitions
        return {partition: self.held[partition].position for partition in chosen}

    def close(self) -> None:
        """End listening to the bus."""
        self._unobserve()

    def _fence(self, partition: int, sequence: int, position: Position) -> None:
        held = self.held.get(partition)
        if held is None or held.fence != sequence:
            self.held[partition] = Held(sequence, self.fences.headers(partition, sequence), position)

    def _on_bus_event(self, event: BusEvent) -> None:
        # A bus that was away has let everybody's lease run out: give the others time to be heard again.
        if event.kind in {BusEventKind.DISCONNECTED, BusEventKind.RECONNECTED}:
            self._patient_until = self._clock() + LEASE_SECONDS
