"""Mail that nobody has read when its time is over: its sender is told, and it becomes a dead letter."""

import asyncio
import heapq
import re
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence

import structlog

from integrations.bus import (
    AGENTS,
    BusEvent,
    BusEventKind,
    JetStreamError,
    JetStreamUnavailableError,
    Stored,
    replay,
)
from integrations.coordination.letters.responses import ErrorCode
from integrations.coordination.letters.wording import read_agent
from integrations.coordination.sending.unread import MARGIN_SECONDS
from integrations.messages import Header, MessageError
from integrations.runtime.coordination.parts import Desk
from integrations.runtime.coordination.returning import Returning

log = structlog.get_logger(__name__)

ALL_MAIL = "gl.agent.*.inbox.>"
LOOK_SECONDS = 0.25
UNREAD_SECONDS = 0.25
"""How long mail waits before it is looked at: nearly all of it is read by then."""
FOLLOWED = 100_000
"""Messages that are followed at a time; what comes on top is followed when some are gone."""
AT_ONCE = 50
"""Messages that are taken out side by side."""
GAP = 100
"""Others between two messages that are read along rather than asked for one by one."""
_PARTS = re.compile(r"(\d+)([smh]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


class Expiring:
    """Follows mail that waits unread, and returns it just before the server would forget it.

    An answer that somebody waits for is nothing to tell: who waits has a clock of its own.
    """

    def __init__(self, desk: Desk, returning: Returning, *, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._desk = desk
        self._returning = returning
        self._now_ns = now_ns
        self._next = 1
        self._due: list[tuple[int, int]] = []

    async def keep(self, ours: asyncio.Event) -> None:
        """Look until cancelled, whenever it is our turn."""
        unobserve = self._desk.bus.observe(self._on_event)
        try:
            while True:
                await ours.wait()
                try:
                    await self._look()
                except (JetStreamError, JetStreamUnavailableError) as error:
                    log.warning("mail that expires cannot be looked at", reason=str(error))
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            unobserve()

    def _on_event(self, event: BusEvent) -> None:
        if event.kind is BusEventKind.RECONNECTED:  # perhaps to another server, which counts from one
            self._next, self._due = 1, []

    async def _look(self) -> None:
        await self._follow_new()
        soon = self._now_ns() + int((MARGIN_SECONDS + LOOK_SECONDS / 2) * 1e9)
        due = []
        while self._due and self._due[0][0] <= soon:
            due.append(heapq.heappop(self._due)[1])
        for stored in await self._taken_out(sorted(due)):
            recipient, ttl = stored.subject.split(".")[2], stored.headers[Header.TTL]
            reason = f"{recipient} has not read it within the {ttl} that it had"
            await self._returning.tell(stored, ErrorCode.EXPIRED, reason)

    async def _follow_new(self) -> None:
        waited_since = self._now_ns() - int(UNREAD_SECONDS * 1e9)
        followed = self._due
        async for stored in replay(self._desk.bus, AGENTS, ALL_MAIL, start_sequence=self._next):
            if followed is not self._due:
                return  # connected anew meanwhile: the next look begins at the beginning
            if stored.time_ns > waited_since or len(self._due) >= FOLLOWED:
                return
            self._next = stored.sequence + 1
            if seconds := ttl_seconds(stored.headers.get(Header.TTL, "")):
                heapq.heappush(self._due, (stored.time_ns + seconds * 1_000_000_000, stored.sequence))

    async def _taken_out(self, due: Sequence[int]) -> list[Stored]:
        """Take out what nobody has read, all of it before anybody is told: many may end together."""
        wanted = set(due)
        unread = [
            stored
            for first, last in runs(due)
            async for stored in self._stored(first, last)
            if stored.sequence in wanted and not _is_waited_for(stored)
        ]
        taken = []
        for start in range(0, len(unread), AT_ONCE):
            some = unread[start : start + AT_ONCE]
            ours = await asyncio.gather(*map(self._take_out, some))
            taken += [stored for stored, is_ours in zip(some, ours, strict=True) if is_ours]
        return taken

    def _stored(self, first: int, last: int) -> AsyncIterator[Stored]:
        return replay(self._desk.bus, AGENTS, ALL_MAIL, start_sequence=first, stop_sequence=last)

    async def _take_out(self, stored: Stored) -> bool:
        try:
            return not await self._is_read(stored) and await self._returning.take_out(stored)
        except JetStreamUnavailableError as error:
            log.warning("mail that expires cannot be taken out", sequence=stored.sequence, reason=str(error))
            heapq.heappush(self._due, (stored.time_ns, stored.sequence))  # the next look tries again
            return False

    async def _is_read(self, stored: Stored) -> bool:
        """Whether an agent that is there has it: it says itself what becomes of it."""
        _, _, recipient, _, priority, *_ = stored.subject.split(".")
        if not self._desk.agents.directory.is_online(recipient):
            return False
        for consumer in (f"inbox-{recipient}-{priority}", f"inbox-{recipient}"):
            try:
                info = await self._desk.bus.api(f"CONSUMER.INFO.{AGENTS}.{consumer}")
            except JetStreamError:
                continue
            return bool(info["delivered"]["stream_seq"] >= stored.sequence)
        return False


def runs(sequences: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield stretches of rising sequences, first and last, that are worth reading in one go."""
    stretch: list[int] = []
    for sequence in sequences:
        if stretch and sequence - stretch[-1] > GAP:
            yield stretch[0], stretch[-1]
            stretch = []
        stretch.append(sequence)
    if stretch:
        yield stretch[0], stretch[-1]


def ttl_seconds(text: str) -> int:
    """Return the seconds in a Nats-TTL; 0 where it has none that ends."""
    parts = _PARTS.findall(text)
    if "".join(number + unit for number, unit in parts) != text:
        return 0
    return sum(int(number) * _SECONDS[unit] for number, unit in parts)


def _is_waited_for(stored: Stored) -> bool:
    try:
        return read_agent(stored.data, stored.headers.get(Header.CONTENT_TYPE)).requires_response
    except MessageError:
        return False
