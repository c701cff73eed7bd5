"""Asking an agent that is there now: fast, at most once, nothing kept (core NATS)."""

import asyncio

from nats.aio.msg import Msg

from integrations.bus import BusClosedError, ReplyInbox, nobody
from integrations.messages import AgentMessage, ask_subject

from .errors import NoResponseError, NotThereError
from .wording import read_agent, write_agent


class Asker:
    """Sends questions and matches the answers; any number may be out at once."""

    def __init__(self, inbox: ReplyInbox) -> None:
        self._inbox = inbox

    async def ask(self, message: AgentMessage, timeout_seconds: float) -> AgentMessage:
        """Return the answer of an agent, an error too.

        Raises:
            NotThereError: nobody listens under that name, or we are not connected.
            NoResponseError: no answer in time; whether it was done is not known.
            DecodeError: the answer cannot be read.
        """
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Msg] = loop.create_future()

        def on_answer(msg: Msg) -> None:
            if not answered.done():
                answered.set_result(msg)

        def on_timeout() -> None:
            if not answered.done():
                text = f"no response from {message.recipient_id} within {timeout_seconds:g} s"
                answered.set_exception(NoResponseError(text))

        try:
            token = self._inbox.send(ask_subject(message.recipient_id), write_agent(message), on_answer)
        except BusClosedError as error:
            raise NotThereError(f"{message.recipient_id} cannot be asked: {error}") from error
        timer = loop.call_later(timeout_seconds, on_timeout)
        try:
            msg = await answered
        finally:
            timer.cancel()
            self._inbox.forget(token)
        if nobody(msg):
            raise NotThereError(f"{message.recipient_id} is not there to be asked")
        return read_agent(msg.data)
