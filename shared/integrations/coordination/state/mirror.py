"""A copy of the shared state, moved on message by message; what it shows was true at one moment."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Held:
    """A value of an agent, as the bucket holds it; `version` is its sequence in the stream."""

    agent_id: str
    key: str
    value: Any
    version: int
    time_ns: int
    shared: bool = True
    """Whether it is everybody's business: part of the global state, and told to who watches."""


Place = tuple[str, str]
"""Agent and key."""


@dataclass
class Mirror:
    """Held values by place.

    The bucket forgets what is overwritten often. So after a gap in the sequences (at the start, after an
    outage) messages are set aside until there is none left to read: only then is nothing missing that a
    later one has pushed out.
    """

    version: int = 0
    """Sequence as of which `held` is whole."""
    time_ns: int = 0
    reached: int = 0
    """Sequence of the newest message, set aside or not."""
    _held: dict[Place, Held] = field(default_factory=dict)
    _aside: dict[Place, Held | None] = field(default_factory=dict)
    _torn: bool = True

    def clear(self) -> None:
        """Forget everything: it is another bucket now."""
        self.version = self.reached = self.time_ns = 0
        self._held.clear()
        self._aside.clear()
        self._torn = True

    def take(
        self, place: Place | None, held: Held | None, sequence: int, time_ns: int, *, waiting: int
    ) -> None:
        """Take the next message: `held` None removes; no place at all is somebody else's message.

        `waiting` is how many messages the bucket had behind it.
        """
        if sequence <= self.reached:
            return
        self._torn = self._torn or sequence != self.reached + 1
        self.reached = sequence
        if place is not None:
            self._aside[place] = held
        if not self._torn or not waiting:
            self.settle(sequence, time_ns)

    def settle(self, sequence: int, time_ns: int) -> None:
        """Everything up to `sequence` has been read."""
        for place, held in self._aside.items():
            if held is None:
                self._held.pop(place, None)
            else:
                self._held[place] = held
        self._aside.clear()
        self._torn = False
        self.version = self.reached = max(sequence, self.reached)
        self.time_ns = max(time_ns, self.time_ns)

    def newest(self, agent_id: str, key: str) -> Held | None:
        """Return the newest that is known of a value, set aside or not."""
        place = (agent_id, key)
        return self._aside[place] if place in self._aside else self._held.get(place)

    def shared(self, key: str) -> Held | None:
        """Return the newest shared value under `key`, whoever wrote it."""
        found = (held for held in self.known() if held.key == key and held.shared)
        return max(found, key=lambda held: held.version, default=None)

    def known(self) -> Iterator[Held]:
        """Yield the newest that is known of every value."""
        yield from (held for place, held in self._held.items() if place not in self._aside)
        yield from (held for held in self._aside.values() if held is not None)

    def whole(self) -> list[Held]:
        """Return every value as of `version`, the oldest first."""
        return sorted(self._held.values(), key=lambda held: held.version)
