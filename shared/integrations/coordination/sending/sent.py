"""A message that was sent, and what can still be done about it."""

from dataclasses import dataclass
from typing import Any

from integrations.bus import Ack
from integrations.coordination.errors import NoResponseError
from integrations.messages import AgentMessage

from .post import Post
from .waiting import Question


@dataclass(frozen=True)
class Sent:
    """Where the bus keeps the message, and the question it is, if it wants an answer."""

    message: AgentMessage
    ack: Ack
    question: Question | None
    post: Post

    async def response(self, timeout_seconds: float | None = None) -> AgentMessage:
        """Return the next answer, an error too; to a role or to all there may be several, one each call.

        Raises:
            NoResponseError: none came in time, or none was asked for.
            NotRunningError: it was cancelled, or the agent stopped.
        """
        return await self._asked().response(timeout_seconds)

    async def result(self, timeout_seconds: float | None = None) -> dict[str, Any]:
        """Return the payload of the answer, and wait for no other.

        Raises:
            AgentError: the answer is an error.
            NoResponseError: none came in time, or none was asked for.
        """
        return await self._asked().result(timeout_seconds)

    async def cancel(self) -> None:
        """Wait no more, and take the message back if nobody has read it yet."""
        if self.question is not None:
            self.question.end("cancelled")
        await self.post.withdraw(self.ack)

    def _asked(self) -> Question:
        if self.question is None:
            raise NoResponseError(f"{self.message.message_id} was sent without requires_response")
        return self.question
