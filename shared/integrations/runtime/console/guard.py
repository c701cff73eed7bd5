"""What surrounds every request: limits before it, headers of caution on its answer."""

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from integrations.runtime.console.pace import Pace

MAX_BODY = 4096
MAX_DIGITS = 9
"""Of a length: Python refuses to read numbers of thousands of digits."""
REQUESTS_PER_SECOND, REQUESTS_BURST = 50.0, 200
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Wraps the application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.pace = Pace(REQUESTS_PER_SECOND, REQUESTS_BURST)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let the application do it."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._chosen(scope)(scope, receive, guarded)

    def _chosen(self, scope: Scope) -> ASGIApp:
        if not self.pace.allows(address_of(scope)):
            return PlainTextResponse("too many requests\n", 429, {"Retry-After": "1"})
        if _too_large(scope):
            return PlainTextResponse(f"a body may have {MAX_BODY} bytes\n", 413)
        return self._app


def address_of(scope: Scope) -> str:
    """Return where a request comes from."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def _too_large(scope: Scope) -> bool:
    """Whether the body is larger than it may be, or does not say how large it is."""
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    is_number = length.isdigit() and len(length) <= MAX_DIGITS
    return b"transfer-encoding" in headers or not is_number or int(length) > MAX_BODY
