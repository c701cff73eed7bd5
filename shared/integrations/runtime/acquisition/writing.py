"""The endpoint `write` of a service with devices that can be written to."""

import dataclasses
import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from integrations.bus import Endpoint, EndpointError, Request
from integrations.devices import PolledConnector
from integrations.devices.writes import TagWriter
from integrations.messages import Severity, WriteReply, WriteRequest
from integrations.runtime.endpoints import body, endpoint
from integrations.runtime.events import EventReporter, Fact
from integrations.runtime.process.tracing import asking_device, failed

SUBJECT, KIND = "write", "tag_write"
"""What the events of tries are about that came to no device, and their kind."""
UNREAD = "unknown"
LONGEST = 500
INT_BITS = 64
"""Of MessagePack, which knows no larger integers."""


class WriteEndpoint:
    """Writes tags on request; the device's own allow-list decides, and every try is an event.

    `flush` puts the events on their way: an audit does not wait for the next reading.
    """

    def __init__(
        self,
        connectors: Sequence[PolledConnector],
        events: EventReporter,
        flush: Callable[[], Awaitable[None]],
    ) -> None:
        self._writers = {each.device_id: each for each in connectors if isinstance(each, TagWriter)}
        self._addresses = {each.device_id: (each.config.host, each.config.port) for each in connectors}
        self._events = events
        self._flush = flush

    def all(self) -> list[Endpoint]:
        """Return the endpoint, or nothing where no device can be written to."""
        if not self._writers:
            return []
        offered = endpoint("write", self._write, WriteReply, WriteRequest)
        return [dataclasses.replace(offered, on_turned_away=self._turned_away)]

    async def _write(self, request: Request) -> WriteReply:
        asked = None
        try:
            asked = body(request, WriteRequest)
            device_id = self._device_id(asked)
        except EndpointError as error:
            self._tell(asked, error.description)
            await self._flush()
            raise
        host, port = self._addresses[device_id]
        with asking_device("write", device_id, host, port) as span:
            outcome = await self._writers[device_id].write(asked.tag, asked.value, asked.caller)
            if not outcome.written:
                failed(span, "refused", outcome.reason)
        await self._flush()
        return WriteReply(
            device_id=device_id,
            tag=asked.tag,
            written=outcome.written,
            reason=outcome.reason,
            old=_plain(outcome.old),
            new=_plain(outcome.new),
        )

    def _turned_away(self, request: Request, reason: str) -> None:
        try:
            asked = body(request, WriteRequest)
        except EndpointError:
            asked = None
        self._tell(asked, reason)

    def _tell(self, asked: WriteRequest | None, reason: str) -> None:
        """Tell of a try that came to no device; a stranger's words make no subjects of their own."""
        facts: dict[str, Fact] = {"caller": UNREAD, "tag": None, "wanted": None, "device_id": None}
        if asked is not None:
            facts = {
                "caller": asked.caller,
                "tag": asked.tag,
                "wanted": _fact(asked.value),
                "device_id": asked.device_id,
            }
        text = f"{facts['caller']} writes to {facts['tag'] or 'nothing that can be read'}: refused: {reason}"
        self._events.tell(
            SUBJECT, KIND, text[:LONGEST], Severity.WARNING, written=False, reason=reason[:LONGEST], **facts
        )

    def _device_id(self, asked: WriteRequest) -> str:
        known = ", ".join(self._writers)
        if asked.device_id is None:
            if len(self._writers) > 1:
                raise EndpointError(400, f"device_id must be given: one of {known}")
            return next(iter(self._writers))
        if asked.device_id not in self._writers:
            raise EndpointError(404, f"device_id must be one of {known}, got {asked.device_id}")
        return asked.device_id


def _fact(value: float | str) -> Fact:
    """Return what was wanted as any event can carry it."""
    if isinstance(value, int) and value.bit_length() >= INT_BITS:
        return hex(value)[:LONGEST]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value[:LONGEST] if isinstance(value, str) else value


def _plain(value: Any) -> bool | int | float | str | None:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
