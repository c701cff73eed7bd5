"""Limits of sensors that are put into the bucket `gl_config` while the service runs."""

from collections.abc import Mapping
from typing import Any

import structlog

from integrations.bus import CONFIG_BUCKET, Bus, OrderedConsumer, replay
from integrations.configuration import ConfigurationError, Fault, read_table
from integrations.messages import Header, MessageError, Severity, Subjects, decode
from integrations.runtime.events import EventReporter
from integrations.transformation import Cleaner, SensorLimits

log = structlog.get_logger(__name__)

STREAM = f"KV_{CONFIG_BUCKET}"
PREFIX = f"$KV.{CONFIG_BUCKET}."
BOUNDS = (500, 1 << 20, 1 << 20)
MAX_TEXT = 4000


class LiveSettings:
    """Applies what stands in the bucket, in the order it was put there; what is wrong is told and left.

    A sensor's key holds, as JSON, what its table in the plant's file may hold. What it leaves open stays as
    in the file; without the key all is as in the file.
    """

    def __init__(self, bus: Bus, site: str, cleaner: Cleaner, events: EventReporter) -> None:
        self._bus = bus
        self._filter = PREFIX + Subjects(site).sensor_settings_key("x").removesuffix("x") + "*"
        self._cleaner = cleaner
        self._events = events
        self._created = ""
        self._next = 1
        self._keys: set[str] = set()

    async def load(self) -> None:
        """Apply what stands in the bucket; of a key only the newest value is talked about."""
        self._created = (await self._bus.api(f"STREAM.INFO.{STREAM}"))["created"]
        found = [stored async for stored in replay(self._bus, STREAM, self._filter)]
        newest = {stored.subject: stored.sequence for stored in found}
        for stored in found:
            is_newest = newest[stored.subject] == stored.sequence
            self._take(stored.subject, stored.data, stored.headers, stored.sequence, tell=is_newest)

    async def follow(self) -> None:
        """Apply what comes, for ever."""
        async with OrderedConsumer(self._bus, STREAM, [self._filter], start_sequence=self._next) as reader:
            while True:
                chunk = await reader.chunk(*BOUNDS)
                if reader.created != self._created:
                    self._begin_anew(reader.created)
                for message in chunk:
                    self._take(message.subject, message.data, message.headers, message.stream_sequence)

    def refused_late(self, sensor_id: str, reason: str) -> None:
        """Tell of limits that were taken and do not fit what the sensor now sends."""
        self._refuse(sensor_id, [reason], f"late-{sensor_id}-{self._next}")

    def _begin_anew(self, created: str) -> None:
        """Take back all that a bucket had which is gone."""
        for sensor_id in self._keys:
            self._cleaner.configure(sensor_id, None)
        self._keys.clear()
        self._created = created

    def _take(
        self, subject: str, data: bytes, headers: Mapping[str, str], sequence: int, *, tell: bool = True
    ) -> None:
        self._next = sequence + 1
        sensor_id = subject.rpartition(".")[2]
        once = f"{self._created}-{sequence}"
        if Header.KV_OPERATION in headers:
            self._keys.discard(sensor_id)
            self._cleaner.configure(sensor_id, None)
            kind, text = "configuration_removed", f"{sensor_id} is cleaned as the plant's file says"
        else:
            try:
                table = _table(data, headers)
                limits = read_table(SensorLimits, table, f"{CONFIG_BUCKET}:{sensor_id}")
                self._cleaner.configure(sensor_id, limits)
            except ConfigurationError as error:
                if tell:
                    self._refuse(sensor_id, [str(fault) for fault in error.faults], once)
                return
            self._keys.add(sensor_id)
            shown = ", ".join(f"{key} = {value}" for key, value in table.items())
            kind, text = "configuration_applied", f"{sensor_id} is cleaned with {shown or 'nothing changed'}"
        if tell:
            log.info("live configuration", sensor_id=sensor_id, kind=kind)
            self._events.tell_once(once, sensor_id, kind, text[:MAX_TEXT], Severity.INFO, revision=sequence)

    def _refuse(self, sensor_id: str, faults: list[str], once: str) -> None:
        log.warning("live configuration is refused", sensor_id=sensor_id, faults=faults)
        text = f"{sensor_id} keeps the limits it had: {'; '.join(faults)}"
        self._events.tell_once(
            f"{once}-refused",
            sensor_id,
            "configuration_refused",
            text[:MAX_TEXT],
            Severity.ERROR,
            faults=len(faults),
        )


def _table(data: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    try:
        return decode(data, dict[str, Any], headers.get(Header.CONTENT_TYPE))
    except MessageError as error:
        shown = data[:80].decode("utf-8", "replace")
        raise ConfigurationError([Fault("", "", shown, f"must be a JSON object ({error})")]) from None
