"""One client of a simulated device."""

import asyncio
from collections.abc import Callable
from typing import cast

import structlog

from .frames import Answer, FrameError, Request, answer_frame, take_requests

log = structlog.get_logger(__name__)

MOST_DELAYED = 64


class Connection(asyncio.Protocol):
    """Answers requests as they come; late answers wait on timers that die with the connection.

    Requests beyond 64 waiting answers are lost, as in a device whose queue is full; a client that doesn't
    take its answers isn't listened to.
    """

    def __init__(
        self,
        answer: Callable[[Request], Answer | None],
        opened: Callable[["Connection"], None],
        closed: Callable[["Connection"], None],
    ) -> None:
        self._answer = answer
        self._opened = opened
        self._closed = closed
        self._received = bytearray()
        self._delayed: set[asyncio.TimerHandle] = set()
        self._gone = asyncio.Event()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, as asyncio asks."""
        self._transport = cast("asyncio.Transport", transport)
        self._opened(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio names and passes it
        """Drop what was still to be said."""
        for timer in self._delayed:
            timer.cancel()
        self._delayed.clear()
        self._gone.set()
        self._closed(self)

    def data_received(self, data: bytes) -> None:
        """Answer each complete request; hang up on what isn't Modbus TCP."""
        self._received += data
        try:
            for request in take_requests(self._received):
                answer = self._answer(request)
                if answer is not None:
                    self._send(answer_frame(request, answer.pdu), answer.delay_seconds)
        except FrameError as error:
            log.warning("hung up on a client that does not speak Modbus TCP", error=str(error))
            self.abort()

    def pause_writing(self) -> None:
        """Stop listening to a client that doesn't take its answers."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Listen again."""
        self._transport.resume_reading()

    def abort(self) -> None:
        """Hang up at once."""
        self._transport.abort()

    async def gone(self) -> None:
        """Wait until the socket is closed."""
        await self._gone.wait()

    def _send(self, frame: bytes, delay_seconds: float) -> None:
        if not delay_seconds:
            self._transport.write(frame)
        elif len(self._delayed) < MOST_DELAYED:
            self._send_later(frame, delay_seconds)

    def _send_later(self, frame: bytes, delay_seconds: float) -> None:
        def send() -> None:
            self._delayed.discard(timer)
            self._transport.write(frame)

        timer = asyncio.get_running_loop().call_later(delay_seconds, send)
        self._delayed.add(timer)
