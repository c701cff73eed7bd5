"""Mail to agents that are away: when its time is over and nobody has read it, its sender hears so."""

from collections.abc import Callable
from dataclasses import dataclass

from integrations.bus import Ack
from integrations.coordination.presence.directory import Directory
from integrations.messages import AgentMessage, MessageType

from .timers import Timer, Timers

FOLLOWED = 1000
"""Messages that are followed at a time; of more, the oldest are left to the coordination service."""
MARGIN_SECONDS = 0.3
"""How long before the server forgets it a message is taken out: later nobody knows whether it was read."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message, and where the bus keeps it."""

    message: AgentMessage
    ack: Ack


class Unread:
    """Follows what one program has sent to agents that were away, for as long as it lives.

    The coordination service does so for all senders; the one that takes the message out tells.
    """

    def __init__(self, directory: Directory, timers: Timers, expired: Callable[[Letter], None]) -> None:
        self._directory = directory
        self._timers = timers
        self._expired = expired
        self._followed: dict[int, Timer] = {}

    def follow(self, message: AgentMessage, ack: Ack, seconds_left: float) -> None:
        """Follow a message if its recipient is away and nobody waits for an answer: who does has a clock."""
        if message.requires_response or message.message_type is MessageType.RESPONSE:
            return
        if self._directory.is_online(message.recipient_id):
            return
        if len(self._followed) >= FOLLOWED:
            self._timers.cancel(self._followed.pop(next(iter(self._followed))))
        seconds = max(seconds_left - MARGIN_SECONDS, 0.0)
        letter = Letter(message, ack)
        self._followed[ack.seq] = self._timers.after(seconds, lambda: self._due(letter))

    def _due(self, letter: Letter) -> None:
        self._followed.pop(letter.ack.seq, None)
        if not self._directory.is_online(letter.message.recipient_id):
            self._expired(letter)
