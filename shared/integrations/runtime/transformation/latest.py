"""The last clean value of each sensor, put in the bucket a few times a second however fast values come."""

import itertools
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from integrations.bus import LATEST_BUCKET, Bus, Latest, Outgoing, last_per_subject
from integrations.messages import (
    CleanBatch,
    ContentType,
    Header,
    MessageError,
    Subjects,
    decode,
    encode,
)
from integrations.quality import Flag
from integrations.transformation import marked_stale


class LatestValues:
    """Remembers the newest sample of each sensor, and of which sensors the bucket lacks it."""

    def __init__(self, bus: Bus, site: str, content_type: ContentType) -> None:
        self._bus = bus
        self._bucket = Latest(bus)
        self._subjects = Subjects(site)
        self._content_type = content_type
        self._newest: dict[str, CleanBatch] = {}
        self._waiting: dict[str, None] = {}
        self._marked: set[str] = set()

    async def recall(
        self, batches: Iterable[CleanBatch], is_ours: Callable[[CleanBatch], bool] = lambda _: True
    ) -> None:
        """Take up what the bucket holds of ours, and of `batches`, the last of CLEAN, what it lacks."""
        prefix = f"$KV.{LATEST_BUCKET}.{self._subjects.site}.>"
        async for stored in last_per_subject(self._bus, f"KV_{LATEST_BUCKET}", prefix):
            try:
                held = decode(stored.data, CleanBatch, stored.headers.get(Header.CONTENT_TYPE))
            except MessageError:
                continue  # deleted by somebody, or none of ours
            if held.time and is_ours(held):
                self._newest[held.sensor_id] = held
                if held.flags[-1] & Flag.STALE:
                    self._marked.add(held.sensor_id)
        for batch in batches:
            known = self._newest.get(batch.sensor_id)
            if known is None or (batch.time and batch.time[-1] > known.time[-1]):
                self.note([batch])

    def note(self, batches: Iterable[CleanBatch]) -> None:
        """Take note of new batches: of the last sample of a sensor that is not older than one before."""
        for batch in batches:
            at = len(batch.time) - 1
            while at >= 0 and batch.flags[at] & Flag.OUT_OF_ORDER:
                at -= 1
            if at >= 0:
                self._newest[batch.sensor_id] = batch if len(batch.time) == 1 else _sample(batch, at)
                self._waiting[batch.sensor_id] = None
                self._marked.discard(batch.sensor_id)

    def forget_where(self, forgotten: Callable[[str, str], bool]) -> None:
        """Forget the sensors of sources, by device class and name."""
        for sensor_id, batch in tuple(self._newest.items()):
            if forgotten(batch.device_class, batch.source):
                del self._newest[sensor_id]
                self._waiting.pop(sensor_id, None)
                self._marked.discard(sensor_id)

    def mark_stale(self, sensor_id: str) -> bool:
        """Have the sensor's last value marked as old; False when that was done or there is none.

        The next value comes without the mark.
        """
        last = self._newest.get(sensor_id)
        if last is None or sensor_id in self._marked:
            return False
        self._marked.add(sensor_id)
        self._newest[sensor_id] = marked_stale(last)
        self._waiting[sensor_id] = None
        return True

    def take(self, limit: int | None = None) -> list[Outgoing]:
        """Return what the bucket lacks, as messages: at most `limit`, the longest waiting first."""
        taken = list(itertools.islice(self._waiting, limit))
        for sensor_id in taken:
            del self._waiting[sensor_id]
        return [self._outgoing(self._newest[sensor_id]) for sensor_id in taken]

    def _outgoing(self, batch: CleanBatch) -> Outgoing:
        key = self._subjects.latest_key(batch.device_class, batch.sensor_id)
        headers = {Header.CONTENT_TYPE.value: self._content_type.value}
        return self._bucket.outgoing(key, encode(batch, self._content_type), headers)


def _sample(batch: CleanBatch, at: int) -> CleanBatch:
    """Return the batch with one of its samples only."""
    one = slice(at, at + 1)
    return replace(
        batch,
        time=batch.time[one],
        value=batch.value[one],
        raw_value=batch.raw_value[one],
        status=batch.status[one],
        quality=batch.quality[one],
        qartod=batch.qartod[one],
        flags=batch.flags[one],
    )
