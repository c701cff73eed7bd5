"""Sending with a place for the answer: one subscription for all, nothing stored, nothing sent again."""

import contextlib
import itertools
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from nats import errors
from nats.aio.subscription import Subscription

from .client import Heard
from .connection import Bus
from .errors import BusClosedError, BusError
from .wire import NotSendableError, check_subject, header_block, publish_command

NOBODY = "503"
"""Status of an answer that says that nobody listens on the subject."""

NO_HEADERS: Mapping[str, str] = {}

OnAnswer = Callable[[Heard], None]


class ReplyInbox:
    """Core NATS requests, as many at once as one likes; `nobody(msg)` tells an answer from its absence.

    nats-py's own `request` costs a timer, a random token and a validation each.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._numbers = itertools.count()
        self._waiting: dict[str, OnAnswer] = {}
        self._prefix = ""
        self._subscription: Subscription | None = None

    async def __aenter__(self) -> Self:
        self._prefix = self._bus.client.new_inbox() + "."
        self._subscription = await self._bus.client.hear(self._prefix + "*", self._on_message)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._subscription:
            with contextlib.suppress(errors.Error):
                await self._subscription.unsubscribe()
        self._waiting.clear()

    def send(
        self, subject: str, payload: bytes, on_answer: OnAnswer, headers: Mapping[str, str] = NO_HEADERS
    ) -> str:
        """Send, and have the first answer given to `on_answer`; returns what `forget` wants.

        Raises:
            NotSendableError: a bad subject, or more bytes than the server takes.
            BusClosedError: there is no connection at the moment.
        """
        check_subject(subject)
        client = self._bus.client
        if len(payload) > client.max_payload:
            raise NotSendableError(f"{len(payload)} bytes, the server takes {client.max_payload}")
        if not client.is_connected:
            raise BusClosedError("not connected to the bus")
        token = str(next(self._numbers))
        self._waiting[token] = on_answer
        client.write_soon(publish_command(subject, self._prefix + token, header_block(headers), payload))
        return token

    def forget(self, token: str) -> None:
        """Wait for this answer no more."""
        self._waiting.pop(token, None)

    def _on_message(self, msg: Heard) -> None:
        on_answer = self._waiting.pop(msg.subject[len(self._prefix) :], None)
        if on_answer is not None:
            on_answer(msg)


def nobody(msg: Heard) -> bool:
    """Whether the answer says that nobody listens."""
    return msg.headers.get("Status") == NOBODY


def respond(bus: Bus, msg: Heard, payload: bytes, headers: Mapping[str, str] = NO_HEADERS) -> None:
    """Answer a core request, if the bus is there and the answer was wanted."""
    if not msg.reply or not bus.client.is_connected:
        return
    if len(payload) > bus.client.max_payload:
        raise BusError(f"an answer of {len(payload)} bytes, the server takes {bus.client.max_payload}")
    bus.client.write_soon(publish_command(msg.reply, "", header_block(headers), payload))
