"""Questions that wait for their answers."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from enum import Enum

from integrations.coordination.errors import NoResponseError, NotRunningError
from integrations.coordination.letters.responses import error_in
from integrations.messages import AgentMessage

REMEMBERED = 10_000
"""Messages that were sent, answers to which are no surprise."""


class Question:
    """A message that wants an answer, from one agent or, sent to many, from several."""

    def __init__(self, message: AgentMessage, seconds: float, forget: Callable[[str], None]) -> None:
        self.message = message
        self._answers: asyncio.Queue[AgentMessage | None] = asyncio.Queue(maxsize=1000)
        self._deadline = asyncio.get_running_loop().time() + seconds
        self._forget = forget
        self._over = ""
        self.timer: asyncio.TimerHandle

    def answer(self, response: AgentMessage) -> None:
        """Note an answer."""
        if not self._answers.full():
            self._answers.put_nowait(response)

    def end(self, why: str) -> None:
        """Wait no more; whoever waits is told why."""
        if not self._over:
            self._over = why
            self._forget(self.message.message_id)
            if not self._answers.full():
                self._answers.put_nowait(None)

    async def response(self, timeout_seconds: float | None = None) -> AgentMessage:
        """Return the next answer, an error too; the message's ttl ends the waiting if nothing does before.

        Raises:
            NoResponseError: none came in time.
            NotRunningError: the question was withdrawn, or the agent stopped.
        """
        limit = self._deadline
        if timeout_seconds is not None:
            limit = min(limit, asyncio.get_running_loop().time() + timeout_seconds)
        try:
            async with asyncio.timeout_at(limit):
                found = None if self._over and self._answers.empty() else await self._answers.get()
        except TimeoutError:
            recipient = self.message.recipient_id
            raise NoResponseError(f"no response from {recipient} to {self.message.message_id}") from None
        if found is None:
            raise NotRunningError(f"{self.message.message_id}: {self._over}")
        return found

    async def result(self, timeout_seconds: float | None = None) -> dict[str, object]:
        """Return the payload of the answer.

        Raises:
            AgentError: the answer is an error.
            NoResponseError: none came in time.
        """
        try:
            response = await self.response(timeout_seconds)
        finally:
            self.end("answered or given up")
        if error := error_in(response):
            raise error
        return response.payload


class Fate(Enum):
    """What became of an answer."""

    TAKEN = "taken"
    """Somebody waits for it."""
    LATE = "late"
    """It is to something that was sent, but nobody waits for it, or waits any more."""
    UNASKED = "unasked"
    """Nothing was sent that it could be the answer to."""


class Questions:
    """All questions of an agent by the id of their message, and what else it has sent of late."""

    def __init__(self) -> None:
        self._open: dict[str, Question] = {}
        self._sent: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._open)

    def note(self, message_id: str) -> None:
        """Note that a message was sent."""
        self._sent[message_id] = None
        if len(self._sent) > REMEMBERED:
            self._sent.popitem(last=False)

    def ask(self, message: AgentMessage, seconds: float) -> Question:
        """Note a question, before it is sent."""
        question = Question(message, seconds, self._forget)
        self._open[message.message_id] = question
        question.timer = asyncio.get_running_loop().call_later(seconds, self._forget, message.message_id)
        return question

    def answer(self, response: AgentMessage) -> Fate:
        """Give an answer to whoever waits for it."""
        asked = response.correlation_id or ""
        if question := self._open.get(asked):
            question.answer(response)
            return Fate.TAKEN
        return Fate.LATE if asked in self._sent else Fate.UNASKED

    def end_all(self, why: str) -> None:
        """Nothing will come any more."""
        for question in tuple(self._open.values()):
            question.end(why)

    def _forget(self, message_id: str) -> None:
        if question := self._open.pop(message_id, None):
            question.timer.cancel()
            self.note(message_id)
