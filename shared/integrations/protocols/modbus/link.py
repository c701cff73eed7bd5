"""One connection: it sends a request and hands back the bytes that answer it, or names what came instead.

pymodbus frames the bytes (MBAP, RTU, CRC), encodes the requests and drives the serial port. Its client is
left out: there a wrong unit, a wrong transaction and garbage are all silence, the reason why a connection
failed is lost in a log, and an answer is unpacked register by register.
"""

import asyncio
from abc import abstractmethod
from typing import cast

import structlog
from pymodbus.framer.base import FramerBase

from .errors import ConnectionLostError, GarbageError, ModbusError, ModbusTimeoutError
from .requests import Request

logger = structlog.get_logger(__name__)

MAX_BUFFERED_BYTES = 4096


class Pending:
    """A request on the wire, whether or not its caller still waits."""

    __slots__ = ("answer", "deadline", "request", "timeout_seconds", "transaction")

    def __init__(
        self,
        request: Request,
        transaction: int,
        timeout_seconds: float,
        deadline: float,
        answer: "asyncio.Future[bytes]",
    ) -> None:
        self.request = request
        self.transaction = transaction
        self.timeout_seconds = timeout_seconds
        self.deadline = deadline
        self.answer = answer


class Link(asyncio.Protocol):
    """Base of the two kinds of connection, from opened to closed; one request is under way at a time.

    `silence_limit` is the number of requests in a row without any answer after which the connection is taken
    for half-open and closed, as it is after half an answer; a serial port has none.
    """

    def __init__(self, name: str, framer: FramerBase, silence_limit: int | None) -> None:
        self.name = name
        self.has_answered = False
        self._loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._closed: asyncio.Future[None] = self._loop.create_future()
        self._framer = framer
        self._silence_limit = silence_limit
        self._unanswered = 0
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._pending: Pending | None = None
        self._watch: asyncio.TimerHandle | None = None

    @property
    def is_open(self) -> bool:
        """Whether requests can be sent."""
        return self._transport is not None

    @property
    def owes_answer(self) -> bool:
        """Whether an answer that nobody waits for any more may still come."""
        return False

    @abstractmethod
    async def exchange(self, request: Request, timeout_seconds: float) -> bytes:
        """Send `request` and return the PDU of its answer: from the right unit, otherwise unchecked.

        Raises:
            ModbusTimeoutError, ConnectionLostError, WrongUnitError, WrongTransactionError, GarbageError.
        """

    async def opened(self) -> None:
        """Wait until requests can be sent."""
        await self._opened

    async def close(self) -> None:
        """Close and wait until it is done; a request under way fails with ConnectionLostError."""
        if self._opened.done():
            self._drop(self._error(ConnectionLostError, "the line was closed"))
            await self._closed

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over the open transport."""
        self._transport = cast("asyncio.Transport", transport)
        if not self._opened.done():
            self._opened.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the request under way that there will be no answer."""
        self._drop(self._error(ConnectionLostError, f"connection lost ({exc or 'closed by the other side'})"))
        self._has_closed()

    def data_received(self, data: bytes) -> None:
        """Collect bytes until they are a frame."""
        self._buffer = self._buffer + data if self._buffer else data
        if len(self._buffer) > MAX_BUFFERED_BYTES:
            self._drop(self._error(GarbageError, f"{len(self._buffer)} bytes that are no answer"))
        else:
            self._take_bytes()

    @abstractmethod
    def _take_bytes(self) -> None:
        """Take whole frames off the buffer and match them with the request under way."""

    async def _send(self, request: Request, transaction: int, timeout_seconds: float) -> bytes:
        """Write the frame and wait for `_answer`; nothing else may be under way."""
        if self._transport is None:
            raise ConnectionLostError("connection lost", line=self.name, unit=request.unit, span=request.span)
        deadline = self._loop.time() + timeout_seconds
        answer: asyncio.Future[bytes] = self._loop.create_future()
        self._pending = Pending(request, transaction, timeout_seconds, deadline, answer)
        self._watch_until(deadline)
        self._transport.write(self._framer.encode(request.pdu, request.unit, transaction))
        return await answer

    def _answer(self, pending: Pending, pdu: bytes) -> None:
        self._finish()
        if not pending.answer.done():
            pending.answer.set_result(pdu)

    def _fail(self, error: ModbusError) -> None:
        """End the request under way with `error`; the connection stays."""
        pending = self._pending
        self._finish()
        if pending and not pending.answer.done():
            pending.answer.set_exception(error)

    def _finish(self) -> None:
        """Take the request off the wire."""
        self._pending = None

    def _heard(self) -> None:
        self._unanswered = 0
        self.has_answered = True

    def _expire(self, pending: Pending) -> None:
        """Give up on the request under way."""
        self._unanswered += 1
        heard = f", {len(self._buffer)} bytes of one came" if self._buffer else ""
        what = f"no answer within {pending.timeout_seconds:g} s{heard}"
        self._fail(self._error(ModbusTimeoutError, what))
        if self._silence_limit and (heard or self._unanswered >= self._silence_limit):
            self._drop(None)

    def _watch_until(self, deadline: float) -> None:
        # One timer a connection, moved on when it fires early: one a request would cost more than decoding.
        if self._watch is None or self._watch.when() > deadline:
            self._unwatch()
            self._watch = self._loop.call_at(deadline, self._look_at_deadline)

    def _unwatch(self) -> None:
        if self._watch:
            self._watch.cancel()
            self._watch = None

    def _look_at_deadline(self) -> None:
        self._watch = None
        if (pending := self._pending) is None:
            return
        if self._loop.time() < pending.deadline:
            self._watch_until(pending.deadline)
        else:
            self._expire(pending)

    def _drop(self, error: ModbusError | None) -> None:
        """Leave the connection at once; `error` goes to the request under way."""
        transport, self._transport = self._transport, None
        self._buffer = b""
        self._unwatch()
        if error and self._pending:
            self._fail(error)
        if transport:
            logger.debug(
                "modbus connection closed", line=self.name, reason=error.what if error else "no answers"
            )
            transport.abort()
            if transport.get_extra_info("socket") is None:
                self._has_closed()  # pymodbus' serial transport closes at once and does not say so

    def _has_closed(self) -> None:
        if not self._closed.done():
            self._closed.set_result(None)

    def _error(self, kind: type[ModbusError], what: str) -> ModbusError:
        """Make an error that names the request under way."""
        if self._pending is None:
            return kind(what, line=self.name)
        request = self._pending.request
        return kind(what, line=self.name, unit=request.unit, span=request.span)
