"""What comes of a message: an answer at once, none, or either of them later.

A task for each message costs more than most handlers do; so who waits for nothing gets none.
"""

from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from integrations.messages import AgentMessage

T = TypeVar("T")


@dataclass(slots=True)
class Later(Generic[T]):
    """What somebody has to wait for."""

    work: Awaitable[T]

    def __await__(self) -> Generator[Any, None, T]:
        """Wait for it."""
        return self.work.__await__()


Outcome = AgentMessage | None | Later[AgentMessage | None]
Deliver = Callable[[AgentMessage], Outcome]
"""Works on a message and returns the answer to send, if any; raises RefusedError where it never can."""
