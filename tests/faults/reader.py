"""What arrives in RAW and CLEAN, looked at as it comes: each number of each sensor once, and in order."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from integrations.bus import Bus, OrderedConsumer
from integrations.messages import Header, RawBatch, decode

CHUNK = (2000, 16 * 1024 * 1024, 16 * 1024 * 1024)
AGES_KEPT = 400_000


class Clean(msgspec.Struct):
    """Of a clean batch what is looked at."""

    source: str
    sensor_id: str
    time: list[int]
    raw_value: list[float | None]


@dataclass
class Series:
    """One sensor: its newest number, and what is missing between."""

    last: int = 0
    nulls: int = 0
    samples: int = 0
    twice: int = 0
    late: int = 0
    missing: dict[int, bool] = field(default_factory=dict)
    """Numbers that did not come, and whether samples without value stand in their place."""

    def take(self, value: float | None) -> None:
        """Take the next sample."""
        self.samples += 1
        if value is None:
            self.nulls += 1
            return
        number = int(value)
        if number <= self.last:
            self._take_old(number)
            return
        skipped = range(self.last + 1, number)
        told = self.nulls >= len(skipped)
        self.missing.update(dict.fromkeys(skipped, told))
        self.last, self.nulls = number, 0

    def _take_old(self, number: int) -> None:
        if number in self.missing:
            del self.missing[number]
            self.late += 1
        else:
            self.twice += 1


class CleanReader:
    """Reads CLEAN beside the site's work."""

    def __init__(self, bus: Bus, site: str) -> None:
        self.series: dict[str, Series] = defaultdict(Series)
        self.ages: list[tuple[float, float]] = []
        """When a sample of the device came (monotonic), and its age in seconds then."""
        self.samples = 0
        self._consumer = OrderedConsumer(bus, "CLEAN", [f"gl.{site}.clean.>"])
        self._decode = msgspec.json.Decoder(Clean).decode

    async def run(self) -> None:
        """Read for ever."""
        async with self._consumer:
            while True:
                for message in await self._consumer.chunk(*CHUNK):
                    self._take(self._decode(message.data))

    def _take(self, batch: Clean) -> None:
        series, is_device = self.series[batch.sensor_id], batch.sensor_id.startswith("unit_")
        now, at = time.time_ns(), time.monotonic()
        self.samples += len(batch.time)
        for time_ns, value in zip(batch.time, batch.raw_value, strict=True):
            series.take(value)
            if is_device and len(self.ages) < AGES_KEPT:
                self.ages.append((at, (now - time_ns) / 1e9))

    def of_unit(self, unit: int) -> Iterator[tuple[str, Series]]:
        """Yield the sensors of a unit."""
        for sensor, series in self.series.items():
            if sensor.startswith(f"unit_{unit:03}-"):
                yield sensor, series

    def last(self, unit: int, sensors: int) -> int:
        """Return the newest number that all sensors of a unit have shown."""
        found = [series.last for _, series in self.of_unit(unit)]
        return min(found) if len(found) == sensors else 0


class RawReader:
    """Reads RAW: the counters of each source, epoch by epoch, have no hole and nothing twice."""

    def __init__(self, bus: Bus, site: str) -> None:
        self.lost = 0
        self.twice = 0
        self.numbers: set[tuple[int, int]] = set()
        """Unit and number of every sample with a value."""
        self._next: dict[tuple[str, int], int] = defaultdict(int)
        self._consumer = OrderedConsumer(bus, "RAW", [f"gl.{site}.raw.>"])

    async def run(self) -> None:
        """Read for ever."""
        async with self._consumer:
            while True:
                for message in await self._consumer.chunk(*CHUNK):
                    if ".unit_" not in message.subject:
                        continue
                    self._take(decode(message.data, RawBatch, message.headers.get(Header.CONTENT_TYPE)))

    def _take(self, batch: RawBatch) -> None:
        unit = int(batch.source.removeprefix("unit_"))
        self.numbers |= {(unit, int(number)) for number in batch.columns[0].value if number is not None}
        key = batch.source, batch.epoch
        if batch.sequence < self._next[key]:
            self.twice += 1
            return
        self.lost += batch.sequence - self._next[key]
        self._next[key] = batch.sequence + 1


async def forever(*readers: CleanReader | RawReader) -> None:
    """Run readers until cancelled."""
    async with asyncio.TaskGroup() as group:
        for reader in readers:
            group.create_task(reader.run())
