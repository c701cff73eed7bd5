"""Request and reply: the endpoints of one service instance, found through `$SRV` (NATS micro, ADR-32)."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import structlog
from nats import errors, micro
from nats.micro.request import Request as MicroRequest
from nats.micro.service import EndpointStats, Service, ServiceConfig

from integrations.messages import Subjects

from .connection import Bus
from .errors import BusError

log = structlog.get_logger(__name__)

LEAVING_SECONDS = 1.0
"""How long the server may take to note that nobody is here any more."""


class EndpointError(BusError):
    """An answer that is an error: `code` like an HTTP status, `description` for people."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked."""

    data: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer."""

    data: bytes
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[[Request], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One thing that can be asked; JSON Schemas of request and reply are shown in the metadata."""

    name: str
    handler: Handler
    request_schema: Mapping[str, Any] | None = None
    reply_schema: Mapping[str, Any] | None = None
    on_turned_away: Callable[[Request, str], None] | None = None
    """Told of a request that was not given to the handler, and why."""

    def metadata(self) -> dict[str, str]:
        """ADR-32 metadata: strings only; micro services have no SCHEMA verb any more."""
        schemas = {"request_schema": self.request_schema, "reply_schema": self.reply_schema}
        return {key: json.dumps(schema) for key, schema in schemas.items() if schema is not None}


class BusService:
    """Serves `gl.<site>.svc.<service>.<instance>.<endpoint>` while open.

    nats-py awaits one request at a time per endpoint; here each runs as a task of its own, `max_concurrent`
    at most over all endpoints, and who comes on top is told 503 at once.
    """

    def __init__(
        self,
        bus: Bus,
        subjects: Subjects,
        service: str,
        instance: str,
        endpoints: Sequence[Endpoint],
        *,
        version: str,
        description: str = "",
        max_concurrent: int = 16,
    ) -> None:
        self.errors = 0
        self._bus = bus
        self._subjects = {each.name: subjects.service(service, instance, each.name) for each in endpoints}
        self._endpoints = endpoints
        self._max_concurrent = max_concurrent
        self._tasks: set[asyncio.Task[None]] = set()
        self._config = ServiceConfig(
            name=service,
            version=version,
            description=description,
            metadata={"site": subjects.site, "instance": instance},
            stats_handler=self._statistics,
        )
        self._service: Service | None = None

    async def __aenter__(self) -> Self:
        self._service = await micro.add_service(self._bus.client, self._config)
        for endpoint in self._endpoints:
            await self._service.add_endpoint(
                name=endpoint.name,
                subject=self._subjects[endpoint.name],
                handler=self._spawner(endpoint),
                metadata=endpoint.metadata(),
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._service and self._bus.connected:
            with contextlib.suppress(errors.Error, TimeoutError):
                async with asyncio.timeout(LEAVING_SECONDS):  # a server that hangs answers nothing
                    await self._service.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawner(self, endpoint: Endpoint) -> Callable[[MicroRequest], Awaitable[None]]:
        async def spawn(request: MicroRequest) -> None:
            if not _is_asked(request):
                log.warning("what nobody waits for is refused", subject=request.subject)
                self._turn_away(endpoint, request, "nobody waits for the answer")
                return
            if len(self._tasks) >= self._max_concurrent:
                busy = f"busy with {self._max_concurrent} requests"
                self._turn_away(endpoint, request, busy)
                await request.respond_error("503", busy)
                return
            task = asyncio.create_task(self._serve(endpoint, request), name=f"endpoint {endpoint.name}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        return spawn

    def _turn_away(self, endpoint: Endpoint, request: MicroRequest, reason: str) -> None:
        self.errors += 1
        if endpoint.on_turned_away:
            endpoint.on_turned_away(Request(request.data, request.headers or {}), reason)

    async def _serve(self, endpoint: Endpoint, request: MicroRequest) -> None:
        try:
            reply = await endpoint.handler(Request(request.data, request.headers or {}))
            await request.respond(reply.data, reply.headers or None)  # never the request's own headers
        except EndpointError as error:
            await self._refuse(request, error)
        except Exception:
            log.exception("endpoint failed", endpoint=endpoint.name)
            await self._refuse(request, EndpointError(500, "internal error"))

    async def _refuse(self, request: MicroRequest, error: EndpointError) -> None:
        self.errors += 1
        with contextlib.suppress(errors.Error, ValueError):
            await request.respond_error(str(error.code), error.description)

    def _statistics(self, _stats: EndpointStats) -> dict[str, int]:
        return {"errors": self.errors, "running": len(self._tasks)}


def _is_asked(request: MicroRequest) -> bool:
    """Whether somebody asks who may.

    A consumer may be told to deliver anywhere, and an answer may be wanted anywhere, by who may not ask here.
    The first comes with a subject for its acknowledgement, the second with none.
    """
    reply: str = request._msg.reply  # noqa: SLF001  # nats-py shows it nowhere else
    return bool(reply) and not reply.startswith("$JS.")
