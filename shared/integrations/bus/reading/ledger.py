"""What a reader was given and has settled, by stream sequence."""

from collections.abc import Iterable

from .received import Received


class Ledger:
    """Tells messages that are new from those that were settled before and from mere repetitions.

    Bounded by what may be out without an acknowledgement (`max_ack_pending`).
    """

    def __init__(self) -> None:
        self._highest = 0
        self._highest_now = 0
        self._open: set[int] = set()
        self._postponed: set[int] = set()

    @property
    def floor(self) -> int:
        """Every message up to this stream sequence is settled."""
        return min(self._open) - 1 if self._open else self._highest

    def begin_generation(self) -> None:
        """Delivery starts again at the server's ack floor: what is open comes once more, in order."""
        self._highest_now = 0
        self._postponed.clear()

    def settled(self, message: Received) -> bool:
        """Whether it was handed out and settled, only the server has missed it."""
        return message.stream_sequence <= self._highest and message.stream_sequence not in self._open

    def wanted(self, message: Received) -> bool:
        """Whether to hand it out: the next in order, or one that was put off.

        Anything else is a redelivery, because the reader took longer than ack_wait, of what it still holds.
        """
        sequence = message.stream_sequence
        if sequence in self._postponed:
            self._postponed.remove(sequence)
            return True
        if sequence <= self._highest_now:
            return False
        self._highest_now = sequence
        return True

    def hand_out(self, messages: Iterable[Received]) -> None:
        """The reader holds these now."""
        for message in messages:
            self._open.add(message.stream_sequence)
            self._highest = max(self._highest, message.stream_sequence)

    def settle(self, messages: Iterable[Received]) -> None:
        """The reader is done with these."""
        self._open.difference_update(message.stream_sequence for message in messages)

    def postpone(self, messages: Iterable[Received]) -> None:
        """The reader wants these again later."""
        self._postponed.update(message.stream_sequence for message in messages)
