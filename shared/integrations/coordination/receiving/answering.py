"""Answering what comes past the streams: questions to an agent that is there now."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog
from nats import errors

from integrations.bus import Bus, Heard, respond
from integrations.coordination.letters.responses import ErrorCode, failure, response_to, sendable, unreadable
from integrations.coordination.letters.tracing import carried
from integrations.coordination.letters.wording import read_agent, sender_of, write_agent
from integrations.messages import (
    AgentMessage,
    Header,
    MessageError,
    MessagePriority,
    ask_subject,
    vouched_subject,
)

from .reception import Reception

log = structlog.get_logger(__name__)

CONCURRENCY = 256
"""Questions that are worked on at a time; who comes on top is told that we are busy."""
RESERVED = 8
"""Of these, kept back for each step of urgency."""


class Answering:
    """Serves `gl.agent.<agent_id>.ask`; replicas of the agent share the questions."""

    def __init__(self, bus: Bus, agent_id: str, reception: Reception) -> None:
        self._bus = bus
        self._agent_id = agent_id
        self._reception = reception
        self._running: set[asyncio.Future[AgentMessage]] = set()

    @property
    def busy(self) -> int:
        """How many questions are being worked on."""
        return len(self._running)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Answer while entered."""
        plain = ask_subject(self._agent_id)
        subscriptions = [
            await self._bus.client.hear(subject, self._on_question, queue=self._agent_id)
            for subject in (plain, vouched_subject(plain))
        ]
        try:
            yield
        finally:
            for subscription in subscriptions:
                if not self._bus.client.is_closed:
                    with contextlib.suppress(errors.Error):
                        await subscription.unsubscribe()
            for task in self._running:
                task.cancel()
            if self._running:
                await asyncio.wait(self._running)

    def _on_question(self, msg: Heard) -> None:
        try:
            message = read_agent(msg.data, msg.headers.get(Header.CONTENT_TYPE))
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
        answer = self._reception.answer(message, msg.subject, msg.headers)
        if isinstance(answer, AgentMessage):  # a task would cost more than the answer
            self._respond(msg, answer)
            return
        task = asyncio.ensure_future(answer.work)
        self._running.add(task)
        task.add_done_callback(lambda task: self._answered(msg, task))

    def _answered(self, msg: Heard, task: asyncio.Future[AgentMessage]) -> None:
        self._running.discard(task)
        if task.cancelled():
            return
        if error := task.exception():
            log.error("a question was not answered", agent=self._agent_id, exc_info=error)
            return
        self._respond(msg, task.result())

    def _respond(self, msg: Heard, answer: AgentMessage) -> None:
        respond(self._bus, msg, sendable(answer), carried(msg.headers))


def _places(priority: MessagePriority) -> int:
    return CONCURRENCY - RESERVED * (priority - 1)
