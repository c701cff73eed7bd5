"""Messages that were worked on, by id: none is worked on twice, and its answer can be given again."""

from collections import OrderedDict

from integrations.messages import AgentMessage

REMEMBERED = 10_000


class Seen:
    """The last messages and what was answered; the oldest are forgotten."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._answers: OrderedDict[str, AgentMessage | None] = OrderedDict()
        self._running: set[str] = set()
        self._failures: OrderedDict[str, int] = OrderedDict()
        self._remembered = remembered

    def is_running(self, message_id: str) -> bool:
        """Whether it is being worked on now."""
        return message_id in self._running

    def is_done(self, message_id: str) -> bool:
        """Whether it was worked on."""
        return message_id in self._answers

    def answer(self, message_id: str) -> AgentMessage | None:
        """Return what was answered to it."""
        return self._answers.get(message_id)

    def begin(self, message_id: str) -> None:
        """It is being worked on."""
        self._running.add(message_id)

    def end(self, message_id: str) -> None:
        """It is not worked on any more."""
        self._running.discard(message_id)

    def done(self, message_id: str, answer: AgentMessage | None) -> None:
        """It need not be worked on again."""
        self._failures.pop(message_id, None)
        self._answers[message_id] = answer
        if len(self._answers) > self._remembered:
            self._answers.popitem(last=False)

    def failed(self, message_id: str) -> int:
        """Return how often it has failed by now."""
        self._failures[message_id] = self._failures.get(message_id, 0) + 1
        if len(self._failures) > self._remembered:
            self._failures.popitem(last=False)
        return self._failures[message_id]

    def failures(self, message_id: str) -> int:
        """Return how often it failed."""
        return self._failures.get(message_id, 0)
