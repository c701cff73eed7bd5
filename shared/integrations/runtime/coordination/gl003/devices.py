"""Requests for a device, handed to the acquisition service that has it; its answer is handed back."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

from msgspec import Struct
from nats import errors
from nats.aio.msg import Msg

from integrations.bus import Bus
from integrations.devices.classes import device_classes
from integrations.messages import (
    DeviceAnswer,
    DeviceRequest,
    MessageError,
    ReadDeviceRequest,
    ReadReply,
    WriteReply,
    WriteRequest,
    WriteTagRequest,
    WrittenTag,
    decode,
    encode,
)
from integrations.runtime.coordination.gl003.directory import Directory, Found
from integrations.runtime.coordination.gl003.errors import NoAnswerError, Reason
from integrations.runtime.plant.settings import Plant

DEVICE_SECONDS = 60.0
"""How long a service may take: its own timeout and retries with the device are in it."""
ERROR_CODE, ERROR_TEXT = "Nats-Service-Error-Code", "Nats-Service-Error"

Answer = TypeVar("Answer", bound=Struct)


class Devices:
    """Reads and writes devices through their services."""

    def __init__(self, bus: Bus, plant: Plant, *, timeout_seconds: float = DEVICE_SECONDS) -> None:
        self._bus = bus
        self._directory = Directory(bus, plant.site)
        self._configured = _configured(plant)
        self._timeout_seconds = timeout_seconds

    async def read(self, asked: ReadDeviceRequest) -> DeviceAnswer:
        """Return a device read now.

        Raises:
            NoAnswerError: unknown device, service away, no answer, or the device cannot be read.
        """
        request = DeviceRequest(asked.device_id)
        find = partial(self._having, asked.device_id, "read")
        found, reply = await self._first(find, asked.device_id, "read", request, ReadReply)
        device = reply.devices[0] if reply.devices else None
        if device is None or device.error is not None:
            reason = device.error if device else "its service says nothing of it"
            raise NoAnswerError(Reason.READ_FAILED, f"{asked.device_id}: {reason}")
        return DeviceAnswer(service=found.service, instance=found.instance, device=device)

    async def write(self, asked: WriteTagRequest, caller: str) -> WrittenTag:
        """Return what was written, as read back; `caller` is who wants it, for the audit.

        Raises:
            NoAnswerError: as for `read`, or the write was refused.
        """
        request = WriteRequest(tag=asked.tag, value=asked.value, caller=caller, device_id=asked.device_id)
        find = partial(self._writers, asked.device_id)
        found, reply = await self._first(find, asked.device_id, "write", request, WriteReply)
        if not reply.written:
            raise NoAnswerError(
                Reason.WRITE_REFUSED, f"{reply.device_id} {reply.tag}: {reply.reason}", told=True
            )
        return WrittenTag(
            service=found.service,
            instance=found.instance,
            device_id=reply.device_id,
            tag=reply.tag,
            old=reply.old,
            new=reply.new,
        )

    async def _first(
        self,
        find: Callable[[], Awaitable[Sequence[Found]]],
        device_id: str | None,
        endpoint: str,
        request: Struct,
        reply: type[Answer],
    ) -> tuple[Found, Answer]:
        """Return the answer of the first instance that is there; the second look is a fresh one."""
        for _ in range(2):
            for found in await find():
                answer = await self._ask(found, endpoint, request, reply)
                if answer is not None:
                    return found, answer
        raise self._away(device_id)

    async def _having(self, device_id: str, endpoint: str) -> Sequence[Found]:
        found = await self._directory.with_device(device_id, endpoint)
        if found:
            return found
        if endpoint == "write" and await self._directory.with_device(device_id, "read"):
            raise NoAnswerError(Reason.WRITE_REFUSED, f"{device_id}: nothing can be written to it")
        if device_id in self._configured or self._directory.last_service(device_id):
            raise self._away(device_id)
        known = sorted({*self._configured, *self._directory.devices()})
        allowed = ", ".join(known) or "none: no service has any"
        raise NoAnswerError(Reason.UNKNOWN_DEVICE, f"device_id must be one of {allowed}, got {device_id}")

    async def _writers(self, device_id: str | None) -> Sequence[Found]:
        if device_id is not None:
            return await self._having(device_id, "write")
        found = await self._directory.with_endpoint("write")
        services = sorted({each.service for each in found})
        if len(services) > 1:
            reason = f"device_id must be given: {' and '.join(services)} both take writes"
            raise NoAnswerError(Reason.BAD_REQUEST, reason)
        if not found:
            raise NoAnswerError(Reason.SERVICE_AWAY, "no service that takes writes is there")
        return found

    async def _ask(self, found: Found, endpoint: str, request: Struct, reply: type[Answer]) -> Answer | None:
        """Return the answer of one instance; None where it is gone, and the next may be asked.

        An answer that does not come is no reason to ask another: what was asked may have been done.
        """
        subject = found.endpoints[endpoint]
        try:
            answer = await self._bus.client.request(subject, encode(request), timeout=self._timeout_seconds)
        except errors.NoRespondersError:
            self._directory.forget()
            return None
        except (errors.Error, TimeoutError) as error:
            reason = f"{found.service} {found.instance} does not answer: {error or 'no answer in time'}"
            raise NoAnswerError(Reason.NO_ANSWER, reason) from error
        _check(found, answer)
        try:
            return decode(answer.data, reply, (answer.headers or {}).get("Content-Type"))
        except MessageError as error:
            raise NoAnswerError(Reason.NO_ANSWER, f"{found.service} {found.instance}: {error}") from error

    def _away(self, device_id: str | None) -> NoAnswerError:
        service = device_id and (self._directory.last_service(device_id) or self._configured.get(device_id))
        text = f"no service {service} is there" if service else "no service that takes it is there"
        return NoAnswerError(Reason.SERVICE_AWAY, f"{text} for {device_id}" if device_id else text)


def _check(found: Found, answer: Msg) -> None:
    headers = answer.headers or {}
    if ERROR_CODE in headers:
        reason = f"{found.service} {found.instance}: {headers.get(ERROR_TEXT, '')} ({headers[ERROR_CODE]})"
        raise NoAnswerError(Reason.REFUSED, reason, told=True)


def _configured(plant: Plant) -> dict[str, str]:
    """Return the devices of the plant's configuration, with the service that each has."""
    keys = {name: device_class.id_key for name, device_class in device_classes().items()}
    return {
        str(getattr(config, keys[service])): service
        for service, configs in plant.devices.items()
        for config in configs
    }
