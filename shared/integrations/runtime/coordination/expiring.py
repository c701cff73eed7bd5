"""Mail that nobody has read when its time is over: its sender is told, and it becomes a dead letter."""

import asyncio
import heapq
import re
import time
from collections.abc import Callable

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
        while self._due and self._due[0][0] <= soon:
            _, sequence = heapq.heappop(self._due)
            await self._end(sequence)

    async def _follow_new(self) -> None:
        waited_since = self._now_ns() - int(UNREAD_SECONDS * 1e9)
        async for stored in replay(self._desk.bus, AGENTS, ALL_MAIL, start_sequence=self._next):
            if stored.time_ns > waited_since or len(self._due) >= FOLLOWED:
                return
            self._next = stored.sequence + 1
            if seconds := ttl_seconds(stored.headers.get(Header.TTL, "")):
                heapq.heappush(self._due, (stored.time_ns + seconds * 1_000_000_000, stored.sequence))

    async def _end(self, sequence: int) -> None:
        bus = self._desk.bus
        async for stored in replay(bus, AGENTS, ALL_MAIL, start_sequence=sequence, stop_sequence=sequence):
            if not _is_waited_for(stored) and not await self._is_read(stored):
                await self._return(stored)

    async def _return(self, stored: Stored) -> None:
        recipient, ttl = stored.subject.split(".")[2], stored.headers[Header.TTL]
        if await self._returning.take_out(stored):
            reason = f"{recipient} has not read it within the {ttl} that it had"
            await self._returning.tell(stored, ErrorCode.EXPIRED, reason)

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
