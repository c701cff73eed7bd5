"""The board: what every tag shows now, and what about it changed."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from integrations.devices.samples import utc_datetime
from integrations.messages import Origin, is_bad

from .tags import TagConfig
from .values import DataQuality, SCADATag, quality_of


class Change(NamedTuple):
    """A tag has another value or quality than before; a Bad one has no value."""

    tag_name: str
    value: Any
    timestamp: datetime


class TagBoard:
    """Current values of all tags, by name."""

    def __init__(self, table: Sequence[TagConfig]) -> None:
        self._tags = [
            SCADATag(
                tag.tag_name,
                tag.description,
                tag.data_type.value,
                tag.engineering_units,
                tag.scan_rate,
                quality=DataQuality.BAD,
            )
            for tag in table
        ]
        self.tags = {tag.tag_name: tag for tag in self._tags}

    def show(
        self, readings: Iterable[tuple[int, Any, int, int]], origin: Origin = Origin.MEASURED
    ) -> Iterator[Change]:
        """Show readings (tag, value, status, time in UTC ns) and yield what changed by them."""
        for at, value, status, time_ns in readings:
            tag, quality = self._tags[at], quality_of(status)
            if is_bad(status):
                value = None  # noqa: PLW2901 - what a server sends along with a Bad status is no value
            changed = tag.last_update is None or (value, quality) != (tag.last_value, tag.quality)
            tag.last_value, tag.quality, tag.last_update = value, quality, utc_datetime(time_ns)
            tag.origin = origin
            if changed:
                yield Change(tag.tag_name, value, tag.last_update)

    def present(self, tag_name: str) -> Change | None:
        """Return what a tag shows; None before its first reading."""
        tag = self.tags[tag_name]
        return Change(tag_name, tag.last_value, tag.last_update) if tag.last_update else None

    def grow_stale(self) -> None:
        """Keep the last values as what they are without a connection: of uncertain worth."""
        for tag in self._tags:
            if tag.quality is DataQuality.GOOD:
                tag.quality = DataQuality.UNCERTAIN

    def current_values(self) -> dict[str, dict[str, Any]]:
        """Return value, quality, time at the source, unit and origin of every tag."""
        return {
            tag.tag_name: {
                "value": tag.last_value,
                "quality": tag.quality,
                "timestamp": tag.last_update,
                "units": tag.engineering_units,
                "origin": tag.origin,
            }
            for tag in self._tags
        }
