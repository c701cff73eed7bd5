"""Notices what becomes of tags: one that goes Bad or comes back, and one whose type is another."""

from collections.abc import Iterable, Iterator, Sequence

from integrations.devices.samples import DeviceEvent
from integrations.messages import Severity, is_bad
from integrations.protocols.opcua import status_name

from .tags import TagConfig
from .values import TagReading

MOST_EVENTS = 20
"""Events of one kind at one time; where more tags are concerned, one event counts them."""
GONE = {0x80330000, 0x80340000}
"""BadNodeIdInvalid, BadNodeIdUnknown."""
CODE = 0xFFFF0000


class ChangeWatch:
    """Compares each reading with the one before it; events are about transitions, never about states."""

    def __init__(self, table: Sequence[TagConfig]) -> None:
        self._names = [tag.tag_name for tag in table]
        self._bad: list[int] = [0] * len(table)
        self._types: list[str] = [""] * len(table)

    def look(self, readings: Iterable[TagReading]) -> list[DeviceEvent]:
        """Return the events that readings give rise to."""
        found: dict[str, list[DeviceEvent]] = {}
        for reading in readings:
            for event in self._events(reading):
                found.setdefault(event.kind, []).append(event)
        return [event for kind, events in found.items() for event in _bounded(kind, events)]

    def _events(self, reading: TagReading) -> Iterator[DeviceEvent]:
        at, name = reading.tag, self._names[reading.tag]
        code = reading.status & CODE if is_bad(reading.status) else 0
        before, self._bad[at] = self._bad[at], code
        if code and code != before:
            kind = "tag_gone" if code in GONE else "tag_bad"
            words = status_name(code)
            yield DeviceEvent(kind, f"{name}: {words}", {"tag": name, "status": code, "name": words})
        if before and not code:
            yield DeviceEvent("tag_back", f"{name} has a value again", {"tag": name}, severity=Severity.INFO)
        if reading.data_type and reading.data_type != self._types[at]:
            former, self._types[at] = self._types[at], reading.data_type
            if former:
                facts: dict[str, float | int | str | None] = {
                    "tag": name,
                    "before": former,
                    "after": reading.data_type,
                }
                yield DeviceEvent("tag_type_changed", f"{name} was {former}, is {reading.data_type}", facts)


def _bounded(kind: str, events: list[DeviceEvent]) -> list[DeviceEvent]:
    if len(events) <= MOST_EVENTS:
        return events
    names = ", ".join(str(event.facts["tag"]) for event in events[:MOST_EVENTS])
    text = f"{len(events)} tags, among them {names}"
    facts: dict[str, float | int | str | None] = {"count": len(events), "first": names}
    return [DeviceEvent(kind, text, facts, severity=events[0].severity)]
