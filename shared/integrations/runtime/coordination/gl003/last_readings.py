"""The last clean reading of every sensor at a site, followed in the bucket gl_latest."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping

import structlog

from integrations.bus import Bus, BusClosedError, BusError, Latest
from integrations.coordination.analyzer import has_sample
from integrations.messages import CleanBatch, Header, MessageError, decode

RETRY_SECONDS = 2.0
MAX_SENSORS = 100_000

log = structlog.get_logger(__name__)


class LastReadings(Mapping[str, CleanBatch]):
    """Batches by sensor id; those of sensors that are gone from the bucket go too."""

    def __init__(
        self,
        bus: Bus,
        site: str,
        on_change: Callable[[str, CleanBatch | None], None] = lambda _sensor_id, _batch: None,
    ) -> None:
        self._bus = bus
        self._site = site
        self._on_change = on_change
        self._batches: dict[str, CleanBatch] = {}

    def __getitem__(self, sensor_id: str) -> CleanBatch:
        return self._batches[sensor_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._batches)

    def __len__(self) -> int:
        return len(self._batches)

    async def follow(self) -> None:
        """Follow the bucket until it is closed."""
        while True:
            try:
                async with contextlib.aclosing(Latest(self._bus).watch(f"{self._site}.>")) as values:
                    async for value in values:
                        self._take(value.key, value.data, value.headers)
            except BusClosedError:
                return
            except BusError as error:
                log.warning("last readings cannot be followed", reason=str(error))
                await asyncio.sleep(RETRY_SECONDS)

    def _take(self, key: str, data: bytes, headers: Mapping[str, str]) -> None:
        sensor_id = key.rpartition(".")[2]
        if not data:
            if self._batches.pop(sensor_id, None) is not None:
                self._on_change(sensor_id, None)
            return
        try:
            batch = decode(data, CleanBatch, headers.get(Header.CONTENT_TYPE))
        except MessageError:
            return  # somebody else's, and nobody's reading
        if not has_sample(batch) or batch.sensor_id != sensor_id:
            return
        if sensor_id in self._batches or len(self._batches) < MAX_SENSORS:
            self._batches[sensor_id] = batch
            self._on_change(sensor_id, batch)
