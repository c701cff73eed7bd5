"""All that is remembered of the sensors of our partitions: taken up with them, forgotten with them."""

from collections.abc import Collection

import structlog

from integrations.bus import RAW, Bus
from integrations.messages import partition_of
from integrations.runtime.transformation.chunks import ChunkWork
from integrations.runtime.transformation.coverage import is_from, read_coverage
from integrations.runtime.transformation.latest import LatestValues
from integrations.runtime.transformation.positions import START, Position, Positions
from integrations.runtime.transformation.rebuild import rebuild
from integrations.runtime.transformation.unheard import Unheard
from integrations.transformation import Cleaner

log = structlog.get_logger(__name__)


class Remembered:
    """State of sensors, counters of sources, last values, and what CLEAN has already."""

    def __init__(
        self, bus: Bus, site: str, cleaner: Cleaner, work: ChunkWork, latest: LatestValues, unheard: Unheard
    ) -> None:
        self.positions = Positions(bus, site)
        self.created = ""
        """When RAW was made."""
        self._bus = bus
        self._site = site
        self._cleaner = cleaner
        self._work = work
        self._latest = latest
        self._unheard = unheard

    async def take_up(self, partitions: Collection[int], fence: int) -> dict[int, Position]:
        """Learn all about partitions from the bus and return where to go on; `fence` is the newest of theirs.

        Nobody else publishes readings of these partitions any more, so that what CLEAN says is final.
        """
        info = await self._bus.api(f"STREAM.INFO.{RAW}")
        self.created = info["created"]
        written = await self.positions.read(self.created)
        positions = {partition: written.get(partition, START) for partition in partitions}
        for partition, position in positions.items():
            if position is START or position.next > info["state"]["last_seq"] + 1:  # RAW from a backup
                positions[partition] = Position(self.created)
        batches = await read_coverage(self._bus, self._site, partitions, fence)
        count = await rebuild(self._bus, self._site, positions, self._cleaner, self._work.intake)
        self._work.coverage.add(batches)
        self._unheard.add(batches)
        await self._latest.recall(batches, lambda batch: is_from(partitions, batch))
        log.info("partitions are taken up", partitions=len(positions), batches=count)
        return positions

    def forget(self, partitions: Collection[int]) -> None:
        """Forget all about partitions: whoever cleans them learns it from the bus."""

        def theirs(device_class: str, source: str) -> bool:
            return partition_of(device_class, source) in partitions

        self._cleaner.forget_where(lambda route: theirs(route.device_class, route.source))
        self._work.intake.forget_where(theirs)
        self._work.coverage.forget(partitions)
        self._unheard.forget_where(theirs)
        self._latest.forget_where(theirs)
        self.positions.forget(partitions)

    def begin_anew(self, created: str) -> None:
        """RAW was made anew: nothing that CLEAN has is from this one."""
        self.created = created
        self._work.coverage.forget()
