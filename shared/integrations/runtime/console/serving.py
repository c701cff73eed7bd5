"""The application served over HTTP inside a running event loop."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator

import uvicorn

from integrations.configuration import ConfigurationError, Fault
from integrations.runtime.console.config import ConsoleSettings
from integrations.runtime.console.connections import Connections

BACKLOG = 128
MAX_HEAD = 16 * 1024
CLOSING_SECONDS = 2


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the service."""
        yield


@contextlib.asynccontextmanager
async def serving(
    app: object, settings: ConsoleSettings, connections: Connections, end: Callable[[], None]
) -> AsyncIterator[str]:
    """Serve while entered; yields the address. `end` is called before connections are waited for.

    Raises:
        ConfigurationError: host and port cannot be had.
    """
    place = _listening(settings)
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]  # any ASGI application
        http=connections.protocol,  # type: ignore[arg-type]  # called as a class would be
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=MAX_HEAD,
        limit_concurrency=settings.max_browsers * 4,
        timeout_graceful_shutdown=CLOSING_SECONDS,
    )
    server = _Server(config)
    serve = asyncio.create_task(server.serve([place]), name="web server")
    try:
        yield f"http://{_shown(settings.host)}:{place.getsockname()[1]}/"
    finally:
        end()
        server.should_exit = True
        await serve


def _listening(settings: ConsoleSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        allowed = f"must be free on {settings.host}: {error.strerror or error}"
        raise ConfigurationError([Fault("console", "port", settings.port, allowed)]) from None


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
