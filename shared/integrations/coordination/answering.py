"""Answering what comes past the streams: questions to an agent that is there now."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from nats import errors
from nats.aio.msg import Msg

from integrations.bus import Bus, respond
from integrations.messages import AgentMessage, MessageError, MessagePriority, ask_subject

from .handlers import Handlers
from .reception import Reception
from .responses import ErrorCode, failure, response_to, sendable, unreadable
from .wording import read_agent, sender_of, write_agent

CONCURRENCY = 256
"""Questions that are worked on at a time; who comes on top is told that we are busy."""
RESERVED = 8
"""Of these, kept back for each step of urgency."""


class Answering:
    """Serves `gl.agent.<agent_id>.ask`; replicas of the agent share the questions."""

    def __init__(self, bus: Bus, agent_id: str, reception: Reception, handlers: Handlers) -> None:
        self._bus = bus
        self._agent_id = agent_id
        self._reception = reception
        self._handlers = handlers
        self._running: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> int:
        """How many questions are being worked on."""
        return len(self._running)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Answer while entered."""
        subscription = await self._bus.client.subscribe(
            ask_subject(self._agent_id), queue=self._agent_id, cb=self._on_question
        )
        try:
            yield
        finally:
            if not self._bus.client.is_closed:
                with contextlib.suppress(errors.Error):
                    await subscription.unsubscribe()
            for task in self._running:
                task.cancel()
            if self._running:
                await asyncio.wait(self._running)

    async def _on_question(self, msg: Msg) -> None:
        try:
            message = read_agent(msg.data)
        except MessageError as error:
            told = unreadable(self._agent_id, sender_of(msg.data), ErrorCode.MALFORMED, str(error))
            respond(self._bus, msg, write_agent(told))
            return
        if len(self._running) >= _places(message.priority):
            busy = failure(
                ErrorCode.BUSY, f"{self._agent_id} works on {len(self._running)} questions already"
            )
            respond(self._bus, msg, write_agent(response_to(message, self._agent_id, busy)))
            return
        if self._handlers.is_plain(message):  # a task would cost more than the answer
            await self._answer(msg, message)
            return
        task = asyncio.create_task(self._answer(msg, message), name="question")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _answer(self, msg: Msg, message: AgentMessage) -> None:
        respond(self._bus, msg, sendable(await self._reception.answer(message)))


def _places(priority: MessagePriority) -> int:
    return CONCURRENCY - RESERVED * (priority - 1)
