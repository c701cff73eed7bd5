"""Mail goes back: its sender hears why, and it becomes a dead letter."""

from integrations.bus import AGENTS, JetStreamError, Outgoing, Stored
from integrations.coordination.letters.responses import ErrorCode, unreadable
from integrations.coordination.letters.wording import read_agent, sender_of
from integrations.messages import Header, MessageError, MessageType, Subjects
from integrations.runtime.coordination.parts import SERVICE, Desk
from integrations.runtime.transformation.chunks import publish


class Returning:
    """Returns mail, and counts it."""

    def __init__(self, desk: Desk) -> None:
        self.count = 0
        self._desk = desk

    async def take_out(self, stored: Stored) -> bool:
        """Take a message out of its mailbox; whether it was still there.

        Raises:
            JetStreamUnavailableError: the bus does not answer.
        """
        try:
            gone = {"seq": stored.sequence, "no_erase": True}
            await self._desk.bus.api(f"STREAM.MSG.DELETE.{AGENTS}", gone)
        except JetStreamError:
            return False
        return True

    async def tell(self, stored: Stored, code: ErrorCode, reason: str) -> None:
        """Tell the sender, unless it was an answer itself, and put the message among the dead letters."""
        self.count += 1
        sender = sender_of(stored.data)
        if sender and not _is_answer(stored.data):
            self._desk.agents.post.answer(unreadable(SERVICE, sender, code, reason))
        await publish(self._desk.publisher, [self._dead(stored, f"{code}: {reason}")])

    def _dead(self, stored: Stored, reason: str) -> Outgoing:
        headers = {
            Header.DEAD_REASON.value: reason,
            Header.DEAD_SUBJECT.value: stored.subject,
            Header.DEAD_SEQUENCE.value: str(stored.sequence),
        }
        subject = Subjects(self._desk.identity.site).dead(AGENTS)
        return Outgoing(subject, stored.data, headers, f"dead-{AGENTS}-{stored.sequence}")


def _is_answer(body: bytes) -> bool:
    try:
        return read_agent(body).message_type is MessageType.RESPONSE
    except MessageError:
        return False
