"""Logging in with a token, and out again."""

from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from integrations.runtime.console.access import COOKIE, Gate, Visitor
from integrations.runtime.console.config import ConsoleSettings
from integrations.runtime.console.guard import address_of
from integrations.runtime.console.pace import Pace

TRIES_PER_SECOND, TRIES_BURST = 1 / 12, 5
"""Wrong tokens from one address."""


class _Token(msgspec.Struct):
    token: str


class Login:
    """Gives out sessions and says who somebody is."""

    def __init__(self, settings: ConsoleSettings, gate: Gate) -> None:
        self.failures = Pace(TRIES_PER_SECOND, TRIES_BURST)
        self._settings = settings
        self._gate = gate

    def visitor_of(self, request: Request) -> Visitor | None:
        """Return who asks; None for a stranger."""
        return self._gate.visitor(request.headers, request.cookies, address_of(request.scope))

    async def log_in(self, request: Request) -> Response:
        """Answer a token with a session; wrong ones only so often."""
        address = address_of(request.scope)
        if self.failures.exhausted(address):
            return JSONResponse({"error": "too many wrong tokens; wait a little"}, 429, {"Retry-After": "12"})
        try:
            token = msgspec.json.decode(await request.body(), type=_Token).token
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return JSONResponse({"error": "the body must be an object with a token"}, 400)
        session = self._gate.login(token)
        if session is None:
            self.failures.allows(address)
            return JSONResponse({"error": "this token is not known here"}, 401)
        response = JSONResponse({})
        response.set_cookie(
            COOKIE,
            session,
            max_age=round(self._settings.session_hours * 3600),
            secure=self._settings.https,
            httponly=True,
            samesite="strict",
        )
        return response

    async def log_out(self, _: Request) -> Response:
        """Have the browser forget its session."""
        response = JSONResponse({})
        response.delete_cookie(COOKIE, secure=self._settings.https, httponly=True, samesite="strict")
        return response


def is_own(request: Request) -> bool:
    """Whether a request that changes something comes from our own page: browsers name the page it is from."""
    origin = request.headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc == request.headers.get("host")
    except ValueError:
        return False
