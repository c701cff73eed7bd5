"""Pulling messages from a consumer on the server: a loop of our own on one subscription.

nats-py's `fetch` makes a round trip and a timer per call.
"""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any, Self

import msgspec
import structlog
from nats import errors
from nats.aio.subscription import Subscription

from integrations.bus.client import Heard
from integrations.bus.connection import Bus, BusEvent, BusEventKind
from integrations.bus.errors import BusClosedError, JetStreamError, JetStreamUnavailableError
from integrations.resilience import Backoff

from .received import NotFromJetStreamError, Received

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 2.0
EXPIRES_SECONDS = 30.0
PULL_BYTES = 16 * 1024 * 1024
"""Bytes per request; twice the largest message, because one that does not fit would end every request."""

_PATIENCE = Backoff(0.1, max_seconds=2.0)
_HEARTBEAT = "100"
_REQUEST_ENDED = {"404", "408"}
_STILL_THERE = ("Message Size Exceeds MaxBytes", "Batch Completed")


class Puller:
    """Reads one consumer in generations; within one, messages come strictly in stream order.

    A generation ends when something may have been lost (reconnect, gap in the consumer sequence, missed
    heartbeats, consumer gone). A kind of consumer says how the next one begins (`_prepare`), and which of
    its messages are wanted (`_accept`).
    """

    def __init__(
        self,
        bus: Bus,
        name: str,
        *,
        batch: int = 500,
        heartbeat_seconds: float | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.generation = 0
        self._heartbeat_seconds = HEARTBEAT_SECONDS if heartbeat_seconds is None else heartbeat_seconds
        self._bus = bus
        self._name = name
        self._batch = batch
        self._sleep = sleep
        self._fruitless = 0
        self._buffer: deque[Received] = deque()
        self._expected = 0
        self._heard = 0.0
        self._next_consumer_sequence = 1
        self._lost: str | None = None
        self._wake = asyncio.Event()
        self._subscription: Subscription | None = None
        self._unobserve: Callable[[], None] | None = None

    async def __aenter__(self) -> Self:
        self._unobserve = self._bus.observe(self._on_bus_event)
        self._lost = "start"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._unobserve:
            self._unobserve()
        await self._unsubscribe()
        if self._bus.connected:
            with contextlib.suppress(errors.Error):
                await self._bus.client.flush(timeout=2)  # the last acknowledgements

    async def chunks(
        self, max_messages: int = 500, max_bytes: int = 8 * 1024 * 1024, max_subject_bytes: int | None = None
    ) -> AsyncIterator[list[Received]]:
        """Yield lists of messages, for ever: one message as soon as it is there, full lists under backlog.

        `max_bytes` bounds the bodies of a list, `max_subject_bytes` those of any one subject in it; a single
        message may have more. Raises BusClosedError when the bus is closed.
        """
        while True:
            await self._ready()
            chunk = self._take(max_messages, max_bytes, max_subject_bytes or max_bytes)
            if chunk:
                yield chunk

    async def rewind(self) -> None:
        """Begin another generation now; waits through outages."""
        generation = self.generation
        while generation == self.generation:
            if self._fruitless:
                await self._sleep(_PATIENCE.ceiling(self._fruitless - 1))
            self._fruitless += 1
            try:
                await self._begin_generation()
            except (JetStreamUnavailableError, JetStreamError, errors.Error) as error:
                if self._bus.client.is_closed:
                    raise BusClosedError("bus closed while rewinding") from error
                log.warning("consumer waits", consumer=self._name, reason=str(error))

    async def _prepare(self) -> None:
        """Have a consumer on the server whose sequences begin at 1."""
        raise NotImplementedError

    @property
    def _next_subject(self) -> str:
        """Where to ask for messages."""
        raise NotImplementedError

    def _accept(self, message: Received) -> None:
        """Put a message that is next in its consumer into the buffer, or do not."""
        self._buffer.append(message)

    def _in_sequence(self, message: Received) -> bool:
        """Whether nothing was lost before the message."""
        return message.consumer_sequence == self._next_consumer_sequence

    def _hand_out(self, chunk: Sequence[Received]) -> None:
        """Take note that the reader holds these now."""

    def _worth_asking(self) -> bool:
        """Whether to ask now, as nothing is asked for."""
        return True

    @property
    def _patience_seconds(self) -> float:
        """How long nothing may be heard."""
        return 2.5 * self._heartbeat_seconds

    def _on_silence(self) -> None:
        """Nothing was heard for so long."""
        self._lost = self._lost or "missed heartbeats"

    def _limits(self) -> dict[str, Any]:
        """How long a request is to stand."""
        expires, heartbeat = int(EXPIRES_SECONDS * 1e9), int(self._heartbeat_seconds * 1e9)
        return {"expires": expires, "idle_heartbeat": heartbeat}

    async def _ready(self) -> None:
        """Return when a message waits in the buffer, or something has to be looked at again."""
        if self._bus.client.is_closed:
            raise BusClosedError("bus closed while consuming")
        if self._lost:
            if self.generation:
                log.info("consumer rewinds", consumer=self._name, reason=self._lost)
            await self.rewind()
        if self._expected <= 0 and self._worth_asking():
            await self._request()
        if not self._buffer or not self._wake.is_set():
            self._wake.clear()
            await self._wait()

    async def _wait(self) -> None:
        try:
            # counted from what was last heard, not from now: a reader that is called all the time waits anew
            async with asyncio.timeout_at(self._heard + self._patience_seconds):
                await self._wake.wait()
        except TimeoutError:
            self._on_silence()

    def _take(self, max_messages: int, max_bytes: int, max_subject_bytes: int) -> list[Received]:
        chunk: list[Received] = []
        sizes: Counter[str] = Counter()
        size = 0
        while self._buffer and len(chunk) < max_messages:
            message = self._buffer[0]
            size += len(message.data)
            sizes[message.subject] += len(message.data)
            if chunk and (size > max_bytes or sizes[message.subject] > max_subject_bytes):
                break
            chunk.append(self._buffer.popleft())
        if not self._buffer:
            self._wake.clear()
        self._hand_out(chunk)
        return chunk

    async def _begin_generation(self) -> None:
        await self._unsubscribe()
        self._expected = 0
        self._lost = None
        await self._prepare()
        self.generation += 1
        self._next_consumer_sequence = 1
        # an inbox per generation: what the server sends to the old one is dropped by the client
        generation = self.generation

        def deliver(msg: Heard) -> None:
            if generation == self.generation:
                self._on_message(msg)

        self._subscription = await self._bus.client.hear(self._bus.client.new_inbox(), deliver)

    async def _unsubscribe(self) -> None:
        if self._subscription:
            with contextlib.suppress(errors.Error):
                await self._subscription.unsubscribe()
            self._subscription = None

    async def _request(self) -> None:
        if self._subscription is None:
            return
        self._expected = self._batch
        self._heard = asyncio.get_running_loop().time()
        query = {"batch": self._batch, "max_bytes": PULL_BYTES, **self._limits()}
        try:
            await self._bus.client.publish(
                self._next_subject, msgspec.json.encode(query), reply=self._subscription.subject
            )
        except errors.Error as error:
            self._lost = str(error)

    def _on_message(self, msg: Heard) -> None:
        self._heard = asyncio.get_running_loop().time()
        if not msg.reply or ("Status" in msg.headers and not msg.reply.startswith("$JS.ACK")):
            self._on_status(msg.headers)
            return
        try:
            message = Received(msg.subject, msg.headers, msg.data, msg.reply, self.generation)
        except NotFromJetStreamError as error:
            log.warning("message ignored", consumer=self._name, reason=str(error))
            return
        self._expected -= 1
        self._fruitless = 0
        if not self._in_sequence(message):
            self._end_generation(f"consumer sequence {message.consumer_sequence} after "
                                 f"{self._next_consumer_sequence - 1}")  # fmt: skip
            return
        self._next_consumer_sequence += 1
        self._accept(message)
        if not message.pending or self._expected <= 0 or len(self._buffer) >= self._batch:
            self._wake.set()  # otherwise more is on its way: better one full list than many short ones

    def _on_status(self, headers: dict[str, str]) -> None:
        status, text = headers.get("Status"), headers.get("Description", "")
        if status == _HEARTBEAT:
            self._fruitless = 0
        elif status in _REQUEST_ENDED or (status == "409" and text.startswith(_STILL_THERE)):
            self._expected = 0
        else:
            self._end_generation(f"{status} {text}".strip())
        self._wake.set()

    def _end_generation(self, reason: str) -> None:
        self._lost = self._lost or reason
        self._wake.set()

    def _on_bus_event(self, event: BusEvent) -> None:
        if event.kind in {BusEventKind.RECONNECTED, BusEventKind.DISCONNECTED, BusEventKind.CLOSED}:
            self._end_generation(event.kind.value)
