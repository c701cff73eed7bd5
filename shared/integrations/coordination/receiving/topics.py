"""Listening to what goes to an agent, to a role or to all, without being an agent oneself."""

import asyncio
import contextlib
import inspect
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import structlog
from nats import errors

from integrations.bus import listening
from integrations.coordination.letters.outcome import Later
from integrations.coordination.letters.routing import Reach, route_to
from integrations.coordination.letters.vouching import forged
from integrations.coordination.letters.wording import read_agent
from integrations.coordination.link import Link
from integrations.coordination.mailbox.mailbox import Mailbox
from integrations.coordination.sending.post import Post
from integrations.messages import AgentMessage, Header, MessageError, MessagePriority, vouched_subject

from .reception import Reception

log = structlog.get_logger(__name__)

Callback = Callable[[AgentMessage], Awaitable[Any] | Any]


class Topic:
    """A recipient and those who want to hear what is sent to it.

    An agent's mail is kept until every callback has had it without an error; it is taken from the mailbox,
    as that agent would. What is for a role or for all is heard as it goes by.
    """

    def __init__(self, recipient: str) -> None:
        self.callbacks: list[Callback] = []
        self.ready = asyncio.Event()
        self._recipient = recipient
        self._route = route_to(recipient)
        self._heard: set[asyncio.Task[None]] = set()

    async def listen(self, link: Link, post: Post) -> None:
        """Listen until cancelled."""
        async with contextlib.AsyncExitStack() as stack:
            if self._route.reach is Reach.ONE:
                await stack.enter_async_context(self._mailbox(link, post))
            for listened in self._passing(link):
                await stack.enter_async_context(listened)
            if self._route.reach is not Reach.ONE:
                with contextlib.suppress(errors.Error):  # heard from the next connection on
                    await link.bus.client.flush()
            self.ready.set()
            await asyncio.Event().wait()

    def _mailbox(self, link: Link, post: Post) -> contextlib.AbstractAsyncContextManager[None]:
        reception = Reception(self._route.name, None, post, lambda message: Later(self._deliver(message)))
        return Mailbox(link.bus, self._route.name, None, reception.work).open()

    def _passing(self, link: Link) -> Iterator[contextlib.AbstractAsyncContextManager[None]]:
        if self._route.reach is Reach.ONE:
            return
        subject = self._route.subject(MessagePriority.NORMAL)
        for each in (subject, vouched_subject(subject)):
            yield listening(link.bus, each, self._on_message)

    def _on_message(self, subject: str, headers: dict[str, str], body: bytes) -> None:
        try:
            message = read_agent(body, headers.get(Header.CONTENT_TYPE))
        except MessageError as error:
            log.warning("message cannot be read", recipient=self._recipient, reason=str(error))
            return
        if reason := forged(message.sender_id, subject):
            log.warning("message is forged", recipient=self._recipient, reason=reason)
            return
        task = asyncio.create_task(self._hear(message), name=f"topic {self._recipient}")
        self._heard.add(task)
        task.add_done_callback(self._heard.discard)

    async def _hear(self, message: AgentMessage) -> None:
        try:
            await self._deliver(message)
        except Exception:
            log.exception("callback failed", recipient=self._recipient, message_id=message.message_id)

    async def _deliver(self, message: AgentMessage) -> None:
        for callback in tuple(self.callbacks):
            result = callback(message)
            if inspect.isawaitable(result):
                await result
