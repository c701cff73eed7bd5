"""The endpoint `write` of a service with devices that can be written to."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from integrations.bus import Endpoint, EndpointError, Request
from integrations.devices import PolledConnector
from integrations.devices.writes import TagWriter
from integrations.messages import WriteReply, WriteRequest
from integrations.runtime.endpoints import body, endpoint
from integrations.runtime.process.tracing import asking_device, failed


class WriteEndpoint:
    """Writes tags on request; the device's own allow-list decides, and every try is an event.

    `flush` puts the events on their way: an audit does not wait for the next reading.
    """

    def __init__(self, connectors: Sequence[PolledConnector], flush: Callable[[], Awaitable[None]]) -> None:
        self._writers = {each.device_id: each for each in connectors if isinstance(each, TagWriter)}
        self._addresses = {each.device_id: (each.config.host, each.config.port) for each in connectors}
        self._flush = flush

    def all(self) -> list[Endpoint]:
        """Return the endpoint, or nothing where no device can be written to."""
        return [endpoint("write", self._write, WriteReply, WriteRequest)] if self._writers else []

    async def _write(self, request: Request) -> WriteReply:
        asked = body(request, WriteRequest)
        device_id = self._device_id(asked)
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

    def _device_id(self, asked: WriteRequest) -> str:
        known = ", ".join(self._writers)
        if asked.device_id is None:
            if len(self._writers) > 1:
                raise EndpointError(400, f"device_id must be given: one of {known}")
            return next(iter(self._writers))
        if asked.device_id not in self._writers:
            raise EndpointError(404, f"device_id must be one of {known}, got {asked.device_id}")
        return asked.device_id


def _plain(value: Any) -> bool | int | float | str | None:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
