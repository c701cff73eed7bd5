"""Asking an agent that is there now: fast, at most once, nothing kept (core NATS)."""

import asyncio

from integrations.bus import BusClosedError, Heard, ReplyInbox, nobody
from integrations.coordination.errors import NoResponseError, NotThereError
from integrations.coordination.letters.tracing import ASKED, Traces
from integrations.coordination.letters.wording import read_agent, write_agent
from integrations.messages import AgentMessage, Header, ask_subject

from .timers import Timers


class Asker:
    """Sends questions and matches the answers; any number may be out at once."""

    def __init__(self, inbox: ReplyInbox, timers: Timers) -> None:
        self._inbox = inbox
        self._timers = timers
        self._traces = Traces()

    async def ask(self, message: AgentMessage, timeout_seconds: float) -> AgentMessage:
        """Return the answer of an agent, an error too.

        Raises:
            NotThereError: nobody listens under that name, or we are not connected.
            NoResponseError: no answer in time; whether it was done is not known.
            DecodeError: the answer cannot be read.
        """
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Heard] = loop.create_future()

        def on_answer(msg: Heard) -> None:
            if not answered.done():
                answered.set_result(msg)

        def on_timeout() -> None:
            if not answered.done():
                text = f"no response from {message.recipient_id} within {timeout_seconds:g} s"
                answered.set_exception(NoResponseError(text))

        try:
            token = self._inbox.send(
                ask_subject(message.recipient_id),
                write_agent(message),
                on_answer,
                self._traces.sent(message, ASKED),
            )
        except BusClosedError as error:
            raise NotThereError(f"{message.recipient_id} cannot be asked: {error}") from error
        timer = self._timers.after(timeout_seconds, on_timeout)
        try:
            msg = await answered
        finally:
            self._timers.cancel(timer)
            self._inbox.forget(token)
        if nobody(msg):
            raise NotThereError(f"{message.recipient_id} is not there to be asked")
        return read_agent(msg.data, msg.headers.get(Header.CONTENT_TYPE))
