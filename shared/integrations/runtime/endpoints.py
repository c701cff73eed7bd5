"""What every service answers on the bus, health and metrics, and how requests and replies are written."""

import dataclasses
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from integrations.bus import Bus, BusService, Endpoint, EndpointError, Reply, Request
from integrations.messages import (
    ContentType,
    DecodeError,
    DeviceHealth,
    Header,
    Health,
    HealthState,
    Metrics,
    Subjects,
    decode,
    encode,
)
from integrations.runtime.identity import Identity
from integrations.runtime.process.telemetry import Telemetry
from integrations.runtime.process.tracing import answering, failed, inject

Body = TypeVar("Body", bound=msgspec.Struct)


@dataclass(frozen=True)
class Findings:
    """What a service says about itself when asked for its health."""

    state: HealthState
    troubles: list[str]
    devices: list[DeviceHealth]

    def led_by(self, trouble: str, state: HealthState) -> "Findings":
        """Return these with `trouble` before all others, in `state`; the same where there is no trouble."""
        return Findings(state, [trouble, *self.troubles], self.devices) if trouble else self


class CommonEndpoints:
    """The endpoints `health` and `metrics`; a service gives what only it knows."""

    def __init__(
        self,
        identity: Identity,
        telemetry: Telemetry,
        *,
        find: Callable[[], Findings],
        counts: Callable[[], Mapping[str, int | float]],
        device_metrics: Callable[[], dict[str, dict[str, Any]]] = dict,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._identity = identity
        self._telemetry = telemetry
        self._find = find
        self._counts = counts
        self._device_metrics = device_metrics
        self._clock = clock
        self._began = clock()

    def all(self) -> list[Endpoint]:
        """Return both endpoints."""
        return [endpoint("health", self._health, Health), endpoint("metrics", self._metrics, Metrics)]

    async def _health(self, _: Request) -> Health:
        found, identity = self._find(), self._identity
        return Health(
            site=identity.site,
            service=identity.service,
            instance=identity.instance,
            version=identity.version,
            state=found.state,
            time=time.time_ns(),
            uptime_seconds=self._clock() - self._began,
            troubles=found.troubles,
            devices=found.devices,
        )

    async def _metrics(self, _: Request) -> Metrics:
        return Metrics(
            service=self._identity.service,
            instance=self._identity.instance,
            time=time.time_ns(),
            counts=dict(self._counts()),
            devices=self._device_metrics(),
            telemetry=self._telemetry.snapshot(),
        )


def serve(bus: Bus, identity: Identity, endpoints: Iterable[Endpoint]) -> BusService:
    """Return the micro service that offers `endpoints`, to be entered; each answer is part of a trace."""
    subjects = Subjects(identity.site)
    return BusService(
        bus,
        subjects,
        identity.service,
        identity.instance,
        [_traced(each, subjects, identity) for each in endpoints],
        version=identity.version,
    )


def _traced(one: Endpoint, subjects: Subjects, identity: Identity) -> Endpoint:
    subject = subjects.service(identity.service, identity.instance, one.name)
    kind = subject.replace(f".{identity.instance}.", ".*.")

    async def handle(asked: Request) -> Reply:
        with answering(subject, asked.headers, kind) as span:
            try:
                reply = await one.handler(asked)
            except EndpointError as error:
                failed(span, str(error.code), error.description)
                raise
            headers = dict(reply.headers)
            inject(headers)
            return Reply(reply.data, headers)

    return dataclasses.replace(one, handler=handle)


def endpoint(
    name: str,
    answer: Callable[[Request], Awaitable[msgspec.Struct]],
    reply: type[msgspec.Struct],
    request: type[msgspec.Struct] | None = None,
) -> Endpoint:
    """Return an endpoint whose reply goes in the format the request came in, with both schemas."""

    async def handle(asked: Request) -> Reply:
        message = await answer(asked)
        content_type = _reply_type(asked)
        return Reply(encode(message, content_type), {Header.CONTENT_TYPE: content_type})

    schema = msgspec.json.schema
    return Endpoint(name, handle, schema(request) if request else None, schema(reply))


def body(request: Request, cls: type[Body]) -> Body:
    """Read the body of a request; an empty one means all defaults.

    Raises:
        EndpointError: 400, it cannot be read.
    """
    try:
        return decode(
            request.data or b"{}", cls, request.headers.get(Header.CONTENT_TYPE) if request.data else None
        )
    except DecodeError as error:
        raise EndpointError(400, str(error)) from error


def _reply_type(request: Request) -> ContentType:
    asked = request.headers.get(Header.CONTENT_TYPE, "")
    return ContentType.MSGPACK if asked == ContentType.MSGPACK else ContentType.JSON
