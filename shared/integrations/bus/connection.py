"""One connection to the bus, for as long as the process lives."""

import asyncio
import contextlib
import itertools
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Any, Self

import msgspec
import structlog
from nats import errors
from nats.aio.client import Server
from nats.aio.msg import Msg

from integrations.resilience import Backoff, ended

from .client import BusClient
from .errors import (
    BusClosedError,
    BusForbiddenError,
    BusUnreachableError,
    JetStreamError,
    JetStreamUnavailableError,
)
from .settings import BusSettings, redacted

log = structlog.get_logger(__name__)

PING_SECONDS = 10
"""Two pings without an answer end a half-open connection."""
PENDING_BYTES = 16 * 1024 * 1024
CLOSING_SECONDS = 2
"""How long what is unsent may take when a connection is closed."""
FIRST_CONNECT = Backoff(0.5, max_seconds=10.0, jitter=True)
RECONNECT = Backoff(0.25, max_seconds=1.0, jitter=True)

_RNG = random.Random()  # noqa: S311 - spreads clients in time, protects no secret
_DENIED = re.compile(r'permissions violation for (publish|subscription) to "([^"]*)"')


class BusEventKind(Enum):
    """What may happen to a connection."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    RECONNECTED = "reconnected"
    CLOSED = "closed"
    PERMISSION_DENIED = "permission_denied"
    SLOW_CONSUMER = "slow_consumer"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class BusEvent:
    """Something happened to the connection; `subject` in lower case (nats-py) when one is concerned."""

    kind: BusEventKind
    text: str
    subject: str = ""


Observer = Callable[[BusEvent], None]


class Bus:
    """The connection: connects at last however long it takes, and comes back by itself.

    `attempts` bounds the first connect only, None means for ever. Observers get every BusEvent, `counts`
    has their number by kind.
    """

    def __init__(
        self,
        settings: BusSettings,
        *,
        name: str = "",
        attempts: int | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: random.Random = _RNG,
    ) -> None:
        self.settings = settings
        self.name = name or settings.name
        self.counts: Counter[BusEventKind] = Counter()
        self.client = BusClient()
        self._attempts = attempts
        self._sleep = sleep
        self._rng = rng
        self._observers: list[Observer] = []
        self._live = False
        self._leaving = False
        self._last_error = ""
        self._asking: set[tuple[str, asyncio.Future[str]]] = set()

    async def __aenter__(self) -> Self:
        await self._first_connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live, self._leaving = False, True
        try:
            if self.client.is_connected:
                await self.client.flush(timeout=CLOSING_SECONDS)
        except (errors.Error, OSError) as failure:
            log.info("bus is closed with something unsent", url=self.url, reason=_reason(failure))
        finally:
            self.client.hang_up()  # or nats-py would wait for whatever is unsent, for ever
            await self.client.close()

    @property
    def connected(self) -> bool:
        """Whether a server is there at the moment."""
        return self.client.is_connected

    @property
    def url(self) -> str:
        """The server in use, or the ones configured, without secrets."""
        current = self.client.connected_url
        return redacted(current.geturl() if current else self.settings.url or "")

    def observe(self, callback: Observer) -> Callable[[], None]:
        """Call `callback` with every later BusEvent; returns what ends it."""
        self._observers.append(callback)

        def unsubscribe() -> None:
            if callback in self._observers:
                self._observers.remove(callback)

        return unsubscribe

    async def request(self, subject: str, body: Any = None, *, timeout_seconds: float = 5.0) -> bytes:
        """Ask a JetStream API subject; `body` goes as JSON, None as nothing.

        Raises:
            JetStreamUnavailableError: no answer, or nobody there to give one.
            BusForbiddenError: these credentials may not ask there.
            BusClosedError: the connection was closed.
        """
        payload = b"" if body is None else msgspec.json.encode(body)
        return (await self.ask(subject, payload, timeout_seconds=timeout_seconds)).data

    async def ask(self, subject: str, payload: bytes = b"", *, timeout_seconds: float = 5.0) -> Msg:
        """Ask a subject and return the answer with its headers; raises what `request` does."""
        asked = asyncio.ensure_future(self.client.request(subject, payload, timeout=timeout_seconds))
        # a forbidden question has no answer, only an error on the side that names the subject
        denied: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        asking = (subject.lower(), denied)
        self._asking.add(asking)
        try:
            await asyncio.wait((asked, denied), return_when=asyncio.FIRST_COMPLETED)
            if denied.done():
                raise BusForbiddenError(denied.result())
            return await asked
        except errors.ConnectionClosedError as error:
            raise BusClosedError(f"bus closed while asking {subject}") from error
        except (errors.Error, TimeoutError) as error:
            raise JetStreamUnavailableError(f"no answer from {subject}: {error}") from error
        finally:
            asked.cancel()
            self._asking.discard(asking)

    async def api(self, subject: str, body: Any = None, *, timeout_seconds: float = 5.0) -> dict[str, Any]:
        """Ask `$JS.API.<subject>` and return its answer.

        Raises:
            JetStreamError: refused.
            JetStreamUnavailableError: no answer, or refused for the moment (code 503).
        """
        data = await self.request(f"$JS.API.{subject}", body, timeout_seconds=timeout_seconds)
        answer: dict[str, Any] = msgspec.json.decode(data, type=dict[str, Any])
        if refusal := answer.get("error"):
            error = JetStreamError(
                subject, refusal.get("code", 0), refusal.get("err_code", 0), refusal.get("description", "")
            )
            if error.code == 503:
                raise JetStreamUnavailableError(str(error)) from error
            raise error
        return answer

    async def _first_connect(self) -> None:
        for attempt in itertools.count():
            self.client = BusClient()
            try:
                await self._connect()
            except (errors.Error, OSError, TimeoutError) as error:
                await self._abandon()
                url, reason = redacted(self.settings.url or ""), _reason(error)
                if self.client.wants_certificate and not self.settings.tls_certificate_file:
                    reason += "; the server wants a client's certificate: set tls_certificate_file"
                if self._attempts is not None and attempt + 1 >= self._attempts:
                    raise BusUnreachableError(f"no NATS server at {url}: {reason}") from error
                delay = FIRST_CONNECT.delay(attempt, self._rng)
                log.warning("bus is unreachable", url=url, reason=reason, next_try_seconds=round(delay, 1))
                await self._sleep(delay)
            except BaseException:
                await self._abandon()
                raise
            else:
                self._live = True
                self._tell(BusEvent(BusEventKind.CONNECTED, f"connected to {self.url}"))
                return

    async def _connect(self) -> None:
        """Try once, in a task: nats-py's own waits lose a cancellation that comes together with an answer."""
        connecting = asyncio.ensure_future(self.client.connect(**self._options()))
        try:
            await asyncio.wait([connecting])
        finally:
            await ended(connecting)
        connecting.result()
        if not self.client.is_connected:  # nats-py takes an end of the connection for an answer
            raise errors.Error("the server hung up before it let us in")

    async def _abandon(self) -> None:
        with contextlib.suppress(errors.Error, OSError):
            await self.client.close()

    def _options(self) -> dict[str, Any]:
        return {
            "servers": self.settings.servers,
            "name": self.name or None,
            "connect_timeout": self.settings.connect_timeout_seconds,
            "max_reconnect_attempts": -1,
            "reconnect_time_wait": 0.1,
            "reconnect_to_server_handler": self._next_server,
            "ping_interval": PING_SECONDS,
            "max_outstanding_pings": 2,
            "pending_size": PENDING_BYTES,
            "flush_timeout": 10.0,
            "error_cb": self._on_error,
            "disconnected_cb": self._on_disconnected,
            "reconnected_cb": self._on_reconnected,
            "closed_cb": self._on_closed,
            **self.settings.login_options(),
        }

    def _next_server(self, servers: list[Server], _info: dict[str, Any]) -> tuple[Server, float]:
        """Round robin over the servers, waiting longer the more often they refused."""
        server = min(servers, key=lambda each: each.reconnects)
        return server, RECONNECT.delay(server.reconnects, self._rng)

    async def _on_error(self, error: Exception) -> None:
        if self._leaving:
            return  # a refusal that nobody waits for
        if not self._live:
            # Out of nats-py's own endless loop, once every configured server has refused.
            if all(server.reconnects for server in self.client.server_pool) or isinstance(
                error, errors.Error
            ):
                raise error
            return
        if self.client.is_closed:
            return  # a socket that the server reset before we closed it
        if denied := _DENIED.search(str(error)):
            action, subject = denied.groups()
            for asked, waiting in self._asking:
                if asked == subject and not waiting.done():
                    waiting.set_result(f"these credentials may not {action} to {subject}")
            self._tell(
                BusEvent(BusEventKind.PERMISSION_DENIED, f"not allowed: {action} to {subject}", subject)
            )
        elif isinstance(error, errors.SlowConsumerError):
            text = f"slow consumer: messages dropped on {error.subject}"
            self._tell(BusEvent(BusEventKind.SLOW_CONSUMER, text, error.subject.lower()))
        else:
            self._tell(BusEvent(BusEventKind.ERROR, _reason(error)))

    async def _on_disconnected(self) -> None:
        self.client.forget_unsent()
        if self._live:
            self._tell(
                BusEvent(BusEventKind.DISCONNECTED, f"lost the bus at {redacted(self.settings.url or '')}")
            )

    async def _on_reconnected(self) -> None:
        self._tell(BusEvent(BusEventKind.RECONNECTED, f"back on the bus at {self.url}"))

    async def _on_closed(self) -> None:
        if self._live:
            self._tell(BusEvent(BusEventKind.CLOSED, "bus connection closed"))

    def _tell(self, event: BusEvent) -> None:
        self.counts[event.kind] += 1
        self._log(event)
        for observer in tuple(self._observers):
            try:
                observer(event)
            except Exception:
                log.exception("bus observer failed", event_kind=event.kind.value)

    def _log(self, event: BusEvent) -> None:
        """One line per event; a reason that repeats on every reconnect is said once."""
        kind = event.kind.value.replace("_", " ")
        if event.kind in {BusEventKind.CONNECTED, BusEventKind.RECONNECTED}:
            self._last_error = ""
            log.info("bus event", what=kind, detail=event.text, client=self.name)
        elif event.kind is not BusEventKind.ERROR or event.text != self._last_error:
            log.warning("bus event", what=kind, detail=event.text, client=self.name)
        if event.kind is BusEventKind.ERROR:
            self._last_error = event.text


def _reason(error: BaseException) -> str:
    text = str(error).removeprefix("nats: ")
    return text or type(error).__name__
