"""Messages between `publish_all` and their acknowledgement."""

import asyncio

from integrations.bus.wire import NotSendableError, publish_command

from .outgoing import Ack, Outgoing, Refusal


class Batch:
    """Messages that are published together: `done` when every one has an ack or a refusal.

    `done` is over before that when nobody waits any more: cancelled, withdrawn or given up.
    """

    __slots__ = ("done", "missing", "outcomes")

    def __init__(self, size: int) -> None:
        self.outcomes: list[Ack | Refusal | None] = [None] * size
        self.missing = size
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def settle(self, index: int, outcome: Ack | Refusal) -> None:
        """One message less to wait for."""
        self.outcomes[index] = outcome
        self.missing -= 1
        if not self.missing and not self.done.done():
            self.done.set_result(None)

    def give_up(self) -> None:
        """Wait no longer; what the server has not got yet is withdrawn, and `done` raises TimeoutError."""
        if not self.done.done():
            self.done.set_exception(TimeoutError())

    async def all_settled(self) -> list[Ack | Refusal]:
        """Wait until all are; returns what became of each, in the order they were given.

        Raises:
            BusClosedError: publisher or bus were closed before.
        """
        await self.done
        return [outcome for outcome in self.outcomes if outcome is not None]

    def withdraw(self) -> None:
        """Nobody waits for it any more, whatever becomes of it."""
        if not self.done.cancel() and not self.done.cancelled():
            self.done.exception()


class Flight:
    """One message on its way; `command` is what goes to the socket, built when it first leaves."""

    __slots__ = (
        "batch", "began", "command", "deadline", "doubt", "index", "lane", "message", "reason", "sent",
        "token",
    )  # fmt: skip

    def __init__(self, batch: Batch, index: int, message: Outgoing, token: str) -> None:
        self.batch = batch
        self.index = index
        self.message = message
        self.lane = message.lane or message.subject
        self.token = token
        self.command = b""
        self.began = 0.0  # when it was its turn first
        self.reason = ""  # why it was not stored, in the server's words
        self.deadline = 0.0
        self.sent: float | None = None
        self.doubt = message.doubt

    def build(self, inbox: str, max_payload: int) -> bytes:
        """The command, with its answer going to `inbox` + token; raises NotSendableError."""
        headers = self.message.header_block()
        # the server counts headers too, and hangs up on the first byte too many; nats-py looks at bodies only
        size = len(headers) + len(self.message.payload)
        if size > max_payload:
            raise NotSendableError(f"{size} bytes with headers, the server takes {max_payload}")
        return publish_command(self.message.subject, inbox + self.token, headers, self.message.payload)
