"""Reading a stream from a place on, in order, for ever: nothing acknowledged, nothing left on the server."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from integrations.bus.connection import Bus
from integrations.bus.errors import JetStreamError, JetStreamUnavailableError

from .pulling import HEARTBEAT_SECONDS, Puller
from .received import Received

INACTIVE_SECONDS = 10 * HEARTBEAT_SECONDS
"""After so long without a request the server forgets the consumer of a reader that is gone."""


class OrderedConsumer(Puller):
    """Reads what matches `subjects`, from `start_sequence` on: each message once and in stream order.

    Whatever is lost on the way is asked for again by a consumer of its own kind, in memory on the server and
    without acknowledgements; where to begin is the reader's to remember. Many may read at once.

    When the stream is made anew its sequences begin at 1 again and so does the reading; `created` says
    which stream the messages are from.
    """

    def __init__(
        self,
        bus: Bus,
        stream: str,
        subjects: Sequence[str],
        *,
        start_sequence: int = 1,
        batch: int = 500,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(bus, f"reader of {stream}", batch=batch, sleep=sleep)
        self.created = ""
        """When the stream was made, as the server writes it; empty before it was first read."""
        self._stream = stream
        self._subjects = list(subjects)
        self._next = start_sequence
        self._consumer = ""
        self._called = False

    def follow(self, subjects: Sequence[str], start_sequence: int) -> None:
        """Read these from now on, from there; what waits in the buffer is dropped."""
        self._buffer.clear()
        self._subjects = list(subjects)
        self._next = start_sequence
        self._end_generation("other subjects")

    def wake(self) -> None:
        """Have `chunk` return, with nothing if there is nothing."""
        self._called = True
        self._wake.set()

    async def chunk(self, max_messages: int, max_bytes: int, max_subject_bytes: int) -> list[Received]:
        """Return what has come, waiting for it; nothing after `wake` and now and then. See `chunks`."""
        if not self._called:
            await self._ready()
        self._called = False
        return self._take(max_messages, max_bytes, max_subject_bytes)

    async def _prepare(self) -> None:
        info = await self._bus.api(f"STREAM.INFO.{self._stream}")
        is_another = bool(self.created) and info["created"] != self.created
        if is_another or self._next > info["state"]["last_seq"] + 1:
            self._buffer.clear()
            self._next = 1
        self.created = info["created"]
        config: dict[str, Any] = {
            "ack_policy": "none",
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": self._next,
            "filter_subjects": self._subjects,
            "inactive_threshold": int(INACTIVE_SECONDS * 1e9),
            "mem_storage": True,
            "num_replicas": 1,
        }
        answer = await self._bus.api(
            f"CONSUMER.CREATE.{self._stream}", {"stream_name": self._stream, "config": config}
        )
        self._consumer = answer["name"]

    async def _forget_consumer(self) -> None:
        """Give back the consumer of before; one that cannot be is forgotten by the server itself."""
        name, self._consumer = self._consumer, ""
        if name and self._bus.connected:
            try:
                await self._bus.api(f"CONSUMER.DELETE.{self._stream}.{name}", timeout_seconds=1.0)
            except (JetStreamError, JetStreamUnavailableError):
                return

    async def _unsubscribe(self) -> None:
        await super()._unsubscribe()
        await self._forget_consumer()

    @property
    def _next_subject(self) -> str:
        return f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._consumer}"

    def _accept(self, message: Received) -> None:
        self._next = message.stream_sequence + 1
        self._buffer.append(message)
