"""What goes to JetStream, and what comes back for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from integrations.bus.errors import BusError
from integrations.bus.wire import check_subject, header_block
from integrations.messages import Header

if TYPE_CHECKING:
    from .doubt import Doubt


class Outgoing(msgspec.Struct, frozen=True):
    """A message to be stored. Under the same `message_id` it is stored once, however often it is sent.

    Without an id it goes at least once. The server remembers ids for the stream's duplicate window.
    """

    subject: str
    payload: bytes
    headers: dict[str, str] = {}
    message_id: str = ""
    lane: str = ""
    """What it must not overtake, nor be sent together with: messages of one lane; of its subject if empty."""
    doubt: "Doubt | None" = None
    """With whom it may have been stored in an earlier life, so long ago that their ids are forgotten."""
    lasting: bool = False
    """Whether an outbox without room drops everything else first: what says what was lost must not be."""
    full_is_final: bool = False
    """Whether it is refused by a stream that has no room, instead of waiting until there is some."""

    def header_block(self) -> bytes:
        """Checked subject aside, the headers as bytes, id included; raises NotSendableError."""
        check_subject(self.subject)
        if not self.message_id:
            return header_block(self.headers)
        return header_block({**self.headers, Header.MESSAGE_ID.value: self.message_id})


class Ack(msgspec.Struct, frozen=True):
    """The message is in `stream` at `seq`; `duplicate` when it had been there already."""

    stream: str
    seq: int
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that can never be stored as it is, and why."""

    message: Outgoing
    reason: str
    code: int = 0
    """JetStream's number for the reason, where it was JetStream that refused."""


class PublishRefusedError(BusError):
    """Some messages of a batch were refused for good; all the others are stored."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        first = refusals[0]
        more = f" and {len(refusals) - 1} more" if len(refusals) > 1 else ""
        super().__init__(f"{first.message.subject} refused: {first.reason}{more}")
        self.refusals = tuple(refusals)


EXPECTATION_IN_PROCESS = 10164
STREAM_SEALED = 10109
STREAM_FULL = 10077


class Failure(msgspec.Struct, frozen=True):
    """The error in a negative acknowledgement."""

    code: int = 0
    err_code: int = 0
    description: str = ""

    @property
    def permanent(self) -> bool:
        """Whether sending again is useless: JetStream says 400 when the message itself is at fault.

        Everything else is about the moment: no room, no leader, too many in flight, id still in process; and
        in a replicated stream, another message that expects the same sequence still in process. Whoever has
        sealed a stream can put another in its place.
        """
        return self.code == 400 and self.err_code not in (EXPECTATION_IN_PROCESS, STREAM_SEALED)

    def final_for(self, message: Outgoing) -> bool:
        """Whether `message` is refused by this for good."""
        return self.permanent or (message.full_is_final and self.err_code == STREAM_FULL)


class Answer(msgspec.Struct, frozen=True):
    """An acknowledgement, positive or not, as the server writes it."""

    stream: str = ""
    seq: int = 0
    duplicate: bool = False
    error: Failure | None = None


decode_answer = msgspec.json.Decoder(Answer).decode
