"""What orchestrators and Prometheus ask over HTTP: /healthz, /readyz, /metrics.

The server of the Prometheus client, in threads of its own: it answers even when the event loop is stuck,
which is what a liveness probe wants to know, and a scrape of many series does not hold up a poll.
"""

import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

import structlog
from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

from integrations.configuration import ConfigurationError, Fault
from integrations.runtime.plant.http import HttpSettings

log = structlog.get_logger(__name__)

MAX_REQUESTS = 16
"""At once; who comes on top is hung up on."""


Answer = Callable[[], list[str]]
"""Returns what is wrong; nothing is well."""


def new_registry() -> CollectorRegistry:
    """Return a registry that knows this process's memory, processor time and garbage collections."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


@contextlib.contextmanager
def serving_probes(
    settings: HttpSettings, registry: CollectorRegistry, answers: Mapping[str, Answer]
) -> Iterator[int]:
    """Serve metrics and, by their paths, `answers` while entered; yields the port.

    Raises:
        ConfigurationError: the port cannot be had.
    """
    server = _server(settings, _Application(registry, answers))
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="probes", daemon=True)
    thread.start()
    log.info("probes and metrics are served", host=settings.host, port=server.server_port)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Application:
    def __init__(self, registry: CollectorRegistry, answers: Mapping[str, Answer]) -> None:
        self._metrics = make_wsgi_app(registry)
        self._answers = answers

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _text(start_response, "405 Method Not Allowed", "only GET and HEAD\n")
        if path == "/metrics":
            body: Iterable[bytes] = self._metrics(environ, start_response)
            return body
        if path not in self._answers:
            return _text(start_response, "404 Not Found", f"known: {', '.join(self._answers)}, /metrics\n")
        if wrong := self._answers[path]():
            return _text(start_response, "503 Service Unavailable", "".join(f"{one}\n" for one in wrong))
        return _text(start_response, "200 OK", "ok\n")


def _text(start_response: StartResponse, status: str, text: str) -> list[bytes]:
    body = text.encode()
    start_response(
        status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    )
    return [body]


class _Handler(WSGIRequestHandler):
    timeout = 5.0
    """Of a client that begins a request and does not go on."""

    def log_message(self, *_: Any) -> None:
        """Say nothing: probes come every few seconds."""


def _server(settings: HttpSettings, application: _Application) -> Any:
    class Server(ThreadingWSGIServer):
        address_family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        places = threading.BoundedSemaphore(MAX_REQUESTS)

        def server_bind(self) -> None:
            # HTTPServer's own asks DNS for the host's name: seconds, where no DNS answers
            socketserver.TCPServer.server_bind(self)
            self.server_name, self.server_port = settings.host, self.server_address[1]
            self.setup_environ()

        def process_request(self, request: Any, client_address: Any) -> None:
            if self.places.acquire(blocking=False):
                super().process_request(request, client_address)
            else:
                self.shutdown_request(request)

        def process_request_thread(self, request: Any, client_address: Any) -> None:
            try:
                super().process_request_thread(request, client_address)
            finally:
                self.places.release()

    try:
        return make_server(settings.host, settings.port, application, Server, _Handler)
    except OSError as error:
        allowed = f"must be free on {settings.host}: {error.strerror or error}"
        raise ConfigurationError([Fault("http", "port", settings.port, allowed)]) from None
