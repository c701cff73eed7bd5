"""Pulling messages from a durable consumer: in stream order, many at once, none lost, none twice."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from integrations.bus.connection import Bus
from integrations.bus.wire import publish_command

from .durable import Durable
from .ledger import Ledger
from .pulling import Puller
from .received import Received


class PullConsumer(Puller):
    """Reads a durable consumer; only one reader at a time keeps the order.

    With each generation delivery goes back to the ack floor; late messages of the old one are dropped, and
    what this reader has acknowledged already is not shown again but acknowledged once more.
    """

    def __init__(
        self,
        bus: Bus,
        durable: Durable,
        *,
        batch: int = 500,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(bus, durable.name, batch=batch, sleep=sleep)
        self._durable = durable
        self._ledger = Ledger()
        self._stream_created = ""

    def ack(self, messages: Iterable[Received]) -> None:
        """Acknowledge; leaves with the next write to the socket."""
        self._settle(messages, b"+ACK")

    def term(self, messages: Iterable[Received], reason: str = "") -> None:
        """Give up: never to be delivered again."""
        self._settle(messages, f"+TERM {' '.join(reason.split())}".rstrip().encode())

    def nak(self, messages: Iterable[Received], delay_seconds: float) -> None:
        """Have them delivered again after a delay, out of order."""
        messages = [message for message in messages if message.generation == self.generation]
        self._ledger.postpone(messages)
        self._answer(messages, b'-NAK {"delay": %d}' % int(delay_seconds * 1e9))

    def _settle(self, messages: Iterable[Received], verb: bytes) -> None:
        messages = list(messages)
        self._ledger.settle(messages)
        # the server would take an ack of an earlier generation for one of this generation's sequences
        self._answer([message for message in messages if message.generation == self.generation], verb)

    def _answer(self, messages: Iterable[Received], verb: bytes) -> None:
        commands = [publish_command(message.reply, "", b"", verb) for message in messages]
        if commands and self._bus.connected:
            self._bus.client.write_soon(b"".join(commands))

    async def _prepare(self) -> None:
        self._buffer.clear()
        created = await self._durable.ensure(self._bus, self._ledger.floor, self._stream_created)
        if created != self._stream_created:
            self._ledger, self._stream_created = Ledger(), created
        await self._durable.reset(self._bus)
        self._ledger.begin_generation()

    @property
    def _next_subject(self) -> str:
        return self._durable.next_subject

    def _accept(self, message: Received) -> None:
        if self._ledger.settled(message):
            self._answer([message], b"+ACK")
        elif self._ledger.wanted(message):
            self._buffer.append(message)

    def _hand_out(self, chunk: Sequence[Received]) -> None:
        self._ledger.hand_out(chunk)
