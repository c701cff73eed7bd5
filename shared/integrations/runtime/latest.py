"""The last clean value of each sensor, put in the bucket a few times a second however fast values come."""

from collections.abc import Iterable

from integrations.bus import Bus, Latest, Outgoing
from integrations.messages import CleanBatch, ContentType, Header, Subjects, encode
from integrations.transformation import marked_stale


class LatestValues:
    """Remembers the newest clean batch of each sensor, and which of them the bucket lacks."""

    def __init__(self, bus: Bus, site: str, content_type: ContentType) -> None:
        self._bucket = Latest(bus)
        self._subjects = Subjects(site)
        self._content_type = content_type
        self._newest: dict[str, CleanBatch] = {}
        self._waiting: set[str] = set()

    def note(self, batches: Iterable[CleanBatch]) -> None:
        """Take note of new batches; the newest of a sensor wins."""
        for batch in batches:
            self._newest[batch.sensor_id] = batch
            self._waiting.add(batch.sensor_id)

    def mark_stale(self, sensor_id: str) -> None:
        """Have the sensor's last value marked as old; the next one comes without the mark."""
        if batch := self._newest.get(sensor_id):
            self.note([marked_stale(batch)])

    def take(self) -> list[Outgoing]:
        """Return what changed since the last call, as messages to the bucket."""
        taken = [self._outgoing(batch) for batch in map(self._newest.__getitem__, self._waiting)]
        self._waiting.clear()
        return taken

    def _outgoing(self, batch: CleanBatch) -> Outgoing:
        key = self._subjects.latest_key(batch.device_class, batch.sensor_id)
        headers = {Header.CONTENT_TYPE.value: self._content_type.value}
        return self._bucket.outgoing(key, encode(batch, self._content_type), headers)
