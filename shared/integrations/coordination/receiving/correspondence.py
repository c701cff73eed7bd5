"""What an agent does with messages and answers once they are read: handlers, questions, failures."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import structlog

from integrations.coordination.errors import AgentError
from integrations.coordination.letters.outcome import Later, Outcome
from integrations.coordination.letters.responses import ErrorCode, RefusedError, error_in, response_to
from integrations.coordination.letters.vouching import forged
from integrations.coordination.letters.wording import read_agent
from integrations.coordination.presence.performance import PROMPT_SECONDS, Performance
from integrations.coordination.sending.post import Post
from integrations.coordination.sending.waiting import Fate, Questions
from integrations.messages import AgentMessage, Header, MessageError, MessageType

from .handlers import Handlers, action_of, handle, payload_of

log = structlog.get_logger(__name__)

FailureCallback = Callable[[AgentError, AgentMessage], None]
"""Told of a message that could not be worked on, and of the answer that says so."""


class Correspondence:
    """Gives messages to handlers and answers to whoever waits for them."""

    def __init__(self, agent_id: str, handlers: Handlers, performance: Performance, post: Post) -> None:
        self.counts: Counter[str] = Counter()
        self.questions = Questions()
        self.failure_callbacks: list[FailureCallback] = []
        self._agent_id = agent_id
        self._handlers = handlers
        self._performance = performance
        self._post = post

    def deliver(self, message: AgentMessage) -> Outcome:
        """Give a message to its handler; returns the answer, where one is wanted.

        Raises:
            RefusedError: nobody can do anything with it.
        """
        if message.message_type is MessageType.RESPONSE:
            return self._on_response(message)
        to_many = message.recipient_id != self._agent_id
        if to_many and message.sender_id == self._agent_id:
            return None
        handler = self._handlers.find(message)
        if handler is None:
            self._nobody_handles(message, to_many=to_many)
            return None
        began = time.monotonic()
        try:
            payload = handle(handler, message)
        except Exception:
            self._note(began, well=False)
            raise
        if isinstance(payload, Later):
            return Later(self._handled(message, payload, began))
        self._note(began, well=True)
        return self._answer(message, payload)

    async def _handled(
        self, message: AgentMessage, handling: Later[Any], began: float
    ) -> AgentMessage | None:
        well = False
        try:
            payload = payload_of(
                await (_in_time(message, handling) if message.requires_response else handling)
            )
            well = True
        finally:
            self._note(began, well=well)
        return self._answer(message, payload)

    def _note(self, began: float, *, well: bool) -> None:
        self._performance.note(well=well, prompt=time.monotonic() - began <= PROMPT_SECONDS)

    def _answer(self, message: AgentMessage, payload: dict[str, Any]) -> AgentMessage | None:
        return response_to(message, self._agent_id, payload) if message.requires_response else None

    def _nobody_handles(self, message: AgentMessage, *, to_many: bool) -> None:
        """Refuse what asks for something; what only tells something may go unheard."""
        self.counts["unhandled"] += 1
        asks = message.requires_response or message.message_type in {MessageType.REQUEST, MessageType.COMMAND}
        if to_many or not asks:
            return
        known = ", ".join(self._handlers.actions(message.message_type)) or "none"
        asked = f"{message.message_type} {action_of(message)!r}"
        text = f"{self._agent_id} has no handler for {asked}; it has {known}"
        raise RefusedError(ErrorCode.NO_HANDLER, text)

    def on_reply(self, subject: str, headers: dict[str, str], body: bytes) -> None:
        """Take an answer that came past the streams."""
        try:
            response = read_agent(body, headers.get(Header.CONTENT_TYPE))
        except MessageError as error:
            self.counts["malformed"] += 1
            log.warning("answer cannot be read", agent=self._agent_id, reason=str(error))
            return
        if reason := forged(response.sender_id, subject):
            self.counts["dead"] += 1
            self._post.dead_answer(response, f"{ErrorCode.WRONG_SENDER}: {reason}")
            return
        self.take(response)

    def take(self, response: AgentMessage) -> None:
        """Give an answer to whoever waits for it, or tell of a failure that nobody waits for."""
        fate = self.questions.answer(response)
        if fate is Fate.UNASKED:
            self.counts["dead"] += 1
            self._post.dead_answer(response, _unasked(response))
        elif fate is Fate.LATE:
            self._tell_failure(response)

    def _on_response(self, response: AgentMessage) -> Outcome:
        """Take an answer that came as mail: because we were away, or because its sender sends it that way."""
        handler = self._handlers.find(response)
        fate = self.questions.answer(response)
        if handler is not None:
            handling = handle(handler, response)
            return Later(_no_answer(handling)) if isinstance(handling, Later) else None
        if fate is Fate.UNASKED:
            raise RefusedError(ErrorCode.NOTHING_ASKED, _unasked(response), is_dead=True)
        if fate is Fate.LATE:
            self._tell_failure(response)
        return None

    def _tell_failure(self, response: AgentMessage) -> None:
        error = error_in(response)
        if error is None:
            return
        log.warning(
            "message failed", agent=self._agent_id, message_id=response.correlation_id, reason=str(error)
        )
        for callback in self.failure_callbacks:
            callback(error, response)


async def _in_time(message: AgentMessage, handling: Later[Any]) -> Any:
    """Wait as long as whoever asked may do; what goes on after that would keep the place of another."""
    try:
        async with asyncio.timeout(message.ttl) as limit:
            return await handling
    except TimeoutError:
        if not limit.expired():
            raise
        text = f"{action_of(message)!r} was not done within the ttl of {message.ttl} s, and was ended"
        raise RefusedError(ErrorCode.EXPIRED, text) from None


async def _no_answer(handling: Later[Any]) -> None:
    await handling


def _unasked(response: AgentMessage) -> str:
    return f"response to nothing: nothing was sent under correlation_id {response.correlation_id!r}"
