"""The one stream to a browser: server-sent events, at the pace of whoever reads them."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from integrations.runtime.console.access import Visitor
from integrations.runtime.console.fan_out import FanOut
from integrations.runtime.console.guard import address_of
from integrations.runtime.console.mailbox import Mailbox, message

TICK_SECONDS = 2.0
"""How often the time is told: by that a browser knows that it is still connected."""
_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/event-stream"), (b"x-accel-buffering", b"no")],
}


class LiveStream:
    """Serves everybody's streams, only so many at once."""

    def __init__(
        self,
        fan_out: FanOut,
        visitor_of: Callable[[Request], Visitor | None],
        hello: Callable[[Visitor], dict[str, Any]],
        connected: Callable[[], bool],
        *,
        at_most: int,
        at_most_each: int,
    ) -> None:
        self.refused = 0
        self._fan_out = fan_out
        self._visitor_of = visitor_of
        self._hello = hello
        self._connected = connected
        self._at_most, self._at_most_each = at_most, at_most_each
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open a stream, or say why not."""
        visitor = self._visitor_of(Request(scope))
        if visitor is None:
            await JSONResponse({"error": "log in first"}, 401)(scope, receive, send)
            return
        address = address_of(scope)
        if self._open.total() >= self._at_most or self._open[address] >= self._at_most_each:
            self.refused += 1
            answer = JSONResponse({"error": "too many streams are open"}, 503, {"Retry-After": "10"})
            await answer(scope, receive, send)
            return
        self._open[address] += 1
        try:
            await self._serve(visitor, receive, send)
        finally:
            self._open[address] -= 1
            self._open += Counter()  # forget who has none

    async def _serve(self, visitor: Visitor, receive: Receive, send: Send) -> None:
        """Send until the browser goes, the session or the console ends."""
        with self._fan_out.joined() as mailbox:
            sending = asyncio.create_task(self._send(visitor, mailbox, send), name="stream to a browser")
            leaving = asyncio.create_task(_gone(receive), name="a browser's leaving")
            try:
                await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
                if sending.done():
                    sending.result()
            finally:
                for task in (sending, leaving):
                    task.cancel()
                await asyncio.wait((sending, leaving))

    async def _send(self, visitor: Visitor, mailbox: Mailbox, send: Send) -> None:
        await send(_START)
        await _chunk(send, message("hello", msgspec.json.encode(self._hello(visitor))))
        while not mailbox.closed and (visitor.until is None or time.time() < visitor.until):
            for one in await _waiting(mailbox):
                await _chunk(send, one)
            await _chunk(send, self._tick())
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _tick(self) -> bytes:
        now = {"now": time.time_ns() // 1_000_000, "bus": self._connected()}
        return message("tick", msgspec.json.encode(now))


async def _waiting(mailbox: Mailbox) -> list[bytes]:
    """Return what waits, nothing when it is time for a tick.

    Not by wait_for: up to Python 3.11 it swallows a cancellation that comes with the result, and the stream
    to a browser that is gone would never end.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(TICK_SECONDS):
            return await mailbox.take()
    return []


async def _chunk(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
