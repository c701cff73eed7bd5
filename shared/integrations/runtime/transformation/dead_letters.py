"""What cannot be processed of RAW, as dead letters, each of them once."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from integrations.bus import DEAD, RAW, Bus, BusForbiddenError, Outgoing, replay
from integrations.bus import dead_letter as dead_letter_of
from integrations.bus.publishing.publisher import REMEMBERED_SECONDS
from integrations.messages import Header, Subjects, split_stored
from integrations.runtime.transformation.intake import Dead

REMEMBERED_NS = int(REMEMBERED_SECONDS * 1e9)


def dead_letter(site: str, dead: Dead) -> Outgoing:
    """Return the dead letter of a message from RAW."""
    return dead_letter_of(site, RAW, dead.message, dead.reason, split_stored(dead.message.subject)[1])


class Buried:
    """Knows which messages of RAW are dead letters already.

    A replica that takes over reads some of RAW again. What is dead there may have been found so by another,
    longer ago than the server knows ids: then DEAD is read, from that time on, and once.
    """

    def __init__(self, bus: Bus, site: str, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._bus = bus
        self._subject = Subjects(site).dead(RAW)
        self._now_ns = now_ns
        self._since_ns: int | None = None
        self._following = 1
        self._known: set[int] = set()

    async def fresh(self, dead: Sequence[Dead]) -> list[Dead]:
        """Return those that are no dead letters yet."""
        long_ago = self._now_ns() - REMEMBERED_NS
        old = [one.message.time_ns for one in dead if one.message.time_ns < long_ago]
        if old:
            await self._look(min(old))
            return [one for one in dead if one.message.stream_sequence not in self._known]
        if dead:  # all that comes now is young
            self._since_ns, self._known = None, set()
        return list(dead)

    async def _look(self, since_ns: int) -> None:
        """Read what DEAD got since then, or since the last look."""
        start: dict[str, Any] = {"start_sequence": self._following}
        if self._since_ns is None or since_ns < self._since_ns:
            self._since_ns = since_ns
            start = {"start_time": datetime.fromtimestamp(since_ns / 1e9, UTC)}
        try:
            async for letter in replay(self._bus, DEAD, self._subject, **start):
                self._following = letter.sequence + 1
                self._known.add(int(letter.headers.get(Header.DEAD_SEQUENCE, 0)))
        except BusForbiddenError:
            return  # better twice than never
