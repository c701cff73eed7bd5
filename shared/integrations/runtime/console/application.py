"""The application: which path is answered by what, and to whom."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from integrations.bus import BusError
from integrations.messages import Flag, Status
from integrations.runtime.console.access import Gate, Visitor
from integrations.runtime.console.asked import NotAskedRightError, range_of, sensor_of, wanted_of
from integrations.runtime.console.connections import Connections
from integrations.runtime.console.desk import Desk
from integrations.runtime.console.guard import Guard
from integrations.runtime.console.history import Histories
from integrations.runtime.console.layout import layout_of
from integrations.runtime.console.live import LiveStream
from integrations.runtime.console.login import Login, is_own
from integrations.runtime.console.pages import Pages
from integrations.runtime.console.past_events import read_events
from integrations.runtime.console.resetting import ResetError, reset_circuit
from integrations.runtime.console.standing import STANDINGS

log = structlog.get_logger(__name__)

AT_ONCE = 4
"""Histories that are read at the same time; the others wait."""

STATUSES = [
    {"code": status.value, "words": (status.name.partition("_")[2] or status.name).replace("_", " ").lower()}
    for status in Status
]
"""StatusCodes in words; how bad they are is said beside."""

Answer = Callable[[Request, Visitor], Awaitable[Any]]


class Console:
    """Answers browsers; `app` is the ASGI application."""

    def __init__(self, desk: Desk) -> None:
        settings = desk.plant.console
        self.connections = Connections(settings.max_browsers_each)
        self.login = Login(settings, Gate(settings))
        self.live = LiveStream(
            desk.fan_out,
            self.login.visitor_of,
            self._hello,
            lambda: desk.bus.connected,
            at_most=settings.max_browsers,
            at_most_each=settings.max_browsers_each,
        )
        self._desk = desk
        self._layout = layout_of(desk.plant)
        self._histories = Histories(desk.bus, desk.identity.site)
        self._places = asyncio.Semaphore(AT_ONCE)
        pages = Pages()
        api = "/api"
        self.app = Guard(
            Starlette(
                routes=[
                    Route("/", pages.answer),
                    Route(f"{api}/login", self.login.log_in, methods=["POST"]),
                    Route(f"{api}/logout", self.login.log_out, methods=["POST"]),
                    Route(f"{api}/me", self._for_visitors(self._me)),
                    Route(f"{api}/live", self.live),
                    Route(f"{api}/sensors/{{sensor_id}}/history", self._for_visitors(self._history)),
                    Route(f"{api}/sensors/{{sensor_id}}/events", self._for_visitors(self._events)),
                    Route(f"{api}/reset", self._for_visitors(self._reset), methods=["POST"]),
                    Route("/{name}", pages.answer),
                ]
            )
        )

    def _hello(self, visitor: Visitor) -> dict[str, Any]:
        identity = self._desk.identity
        return {
            "site": identity.site,
            "version": identity.version,
            "visitor": {"name": visitor.name, "may_reset": visitor.may_reset},
            "standings": STANDINGS,
            "flags": [{"bit": flag.value, "name": flag.name, "words": flag.words} for flag in Flag],
            "statuses": STATUSES,
            "layout": self._layout,
        }

    def _for_visitors(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        """Return `answer` for those who have logged in, with what goes wrong told in words."""

        async def answered(request: Request) -> Response:
            visitor = self.login.visitor_of(request)
            if visitor is None:
                return _wrong(401, "log in first")
            try:
                body = await answer(request, visitor)
            except NotAskedRightError as error:
                return _wrong(400, str(error))
            except ResetError as error:
                return _wrong(error.status, str(error))
            except TimeoutError:
                return _wrong(504, "the bus does not answer")
            except BusError as error:
                return _wrong(502, str(error))
            return Response(msgspec.json.encode(body), media_type="application/json")

        return answered

    async def _me(self, _: Request, visitor: Visitor) -> Any:
        return {"name": visitor.name, "may_reset": visitor.may_reset}

    async def _history(self, request: Request, _: Visitor) -> Any:
        asked = range_of(request)
        async with self._places:
            return await self._histories.read(asked)

    async def _events(self, request: Request, _: Visitor) -> Any:
        async with self._places:
            return await read_events(self._desk.bus, self._desk.identity.site, sensor_of(request))

    async def _reset(self, request: Request, visitor: Visitor) -> Any:
        if not visitor.may_reset:
            raise ResetError(403, "an operator's token is needed for this")
        if not is_own(request):
            raise ResetError(403, "asked from another page")
        wanted = await wanted_of(request)
        desk = self._desk
        devices = await reset_circuit(desk.bus, desk.events, desk.feed.instances, wanted, visitor.name)
        log.info("circuits are reset", devices=devices, asked_by=visitor.name)
        return {"devices": devices}


def _wrong(status: int, text: str) -> Response:
    return JSONResponse({"error": text}, status)
