"""Messages of which some stand in a file as well, or only there."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from integrations.bus.publishing.doubt import Doubt

from .clock import WallClock
from .file import PAGE, Found, is_corrupt
from .memory import Gap, Kept, MemoryOutbox
from .settings import OutboxSettings, state_folder
from .store import DISK_ERRORS, OutboxStore, Trouble

AT_HAND_SECONDS = 2.0
"""What is younger stays in memory as well: where the bus was only slow, nothing is read back."""
ROW_BYTES = 300
"""What a row has beside the payload, about."""
PIECE = 1000
"""Messages written in one transaction."""


class BackedOutbox(MemoryOutbox):
    """Writes what is in memory to the disk, leaves it there, and drops there what is over the bounds.

    Order: what is taken, what is on the disk only, what is in memory.
    """

    def __init__(
        self,
        name: str,
        settings: OutboxSettings,
        *,
        on_gap: Callable[[Gap], None] | None = None,
        on_trouble: Callable[[Trouble], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        super().__init__(on_gap=on_gap, clock=clock, now_ns=now_ns)
        self.on_trouble = on_trouble
        self.left_ns = 0
        """When the newest of what an earlier life has left had come, in UTC; 0 if there is nothing."""
        self._settings = settings
        folder = Path(settings.folder) if settings.folder else state_folder()
        self._store = OutboxStore(folder, name, self._on_trouble)
        self._stored = 0  # on the disk only, with numbers between the cursor and what is in memory
        self._oldest_stored_ns = 0
        self._cursor = 0  # up to here all are taken or settled
        self._doubts: list[dict[str, Doubt]] = []  # by life and subject: what may have been stored
        self._turn = asyncio.Lock()
        self._saving = False
        self._wall_clock = WallClock(clock, now_ns)
        self._news = asyncio.Event()

    async def _save(self) -> None:
        """Write what is in memory only."""
        batch = [kept for kept in (*self._taken, *self._waiting) if not kept.on_disk]
        if not batch:
            return
        async with self._turn:
            self._saving = True
            try:
                for first in range(0, len(batch), PIECE):
                    piece = batch[first : first + PIECE]
                    await self._store.add(piece)
                    for kept in piece:
                        kept.on_disk = True
            finally:
                self._saving = False
            settled = (self._taken[0].number - 1) if self._taken else self._cursor
            if batch[0].number <= settled:  # acknowledged while it was written
                await self._store.remove(settled)

    def _let_go(self) -> None:
        """Leave to the disk what has been there for a while."""
        long_ago = self._clock() - AT_HAND_SECONDS
        while self._waiting and self._waiting[0].on_disk and self._waiting[0].since <= long_ago:
            self._leave_to_disk()

    def _drop_oldest(self) -> None:
        if self._waiting[0].on_disk:
            self._leave_to_disk()
        else:
            super()._drop_oldest()

    def _leave_to_disk(self) -> None:
        kept = self._pop()
        if not self._stored:
            self._oldest_stored_ns = kept.kept_ns
        self._stored += 1

    async def _trim(self) -> None:
        """Drop what is over the bounds."""
        oldest_ns = self._now_ns() - int(self._settings.max_age_hours * 3600e9)
        room = self._settings.max_bytes + sum(_on_pages(kept) for kept in self._taken if kept.on_disk)
        too_old = self._stored and self._oldest_stored_ns < oldest_ns
        if self._store.used <= room and not too_old:
            return
        async with self._turn:
            while self._waiting and self._waiting[0].on_disk:
                self._leave_to_disk()
            gap = await self._store.trim(self._cursor, room, oldest_ns)
            if gap:
                self._stored -= gap.count
                self._lose(gap)
        self._oldest_stored_ns = max(self._oldest_stored_ns, oldest_ns)
        self._note_if_empty()

    async def _mind_the_clock(self) -> None:
        """Where the clock was set, let nothing look older or younger than it is."""
        if step_ns := self._wall_clock.step_ns():
            self._oldest_stored_ns += step_ns
            for kept in (*self._taken, *self._waiting):
                came_ns = self._now_ns() - int((self._clock() - kept.since) * 1e9)
                kept.kept_ns = kept.kept_ns + step_ns if kept.on_disk else came_ns
            await self._store.shift(step_ns)

    async def _opened(self) -> None:
        if not self._store.is_open:
            self._continue(await self._store.open())

    def _continue(self, found: Found) -> None:
        """Put what an earlier life has left between what is under way and what is in memory."""
        self._stored, self._oldest_stored_ns = found.count, found.oldest_ns
        self.left_ns = found.newest_ns
        if found.gap:
            self._gap = found.gap.widened(self._gap)
        if not found.count:
            following = self._waiting[0].number if self._waiting else self._next_number
            self._cursor = following - 1
            return
        for number, kept in enumerate(self._taken, found.first_number - len(self._taken)):
            kept.number = number
        for number, kept in enumerate(self._waiting, found.last_number + 1):
            kept.number = number
        self._next_number = found.last_number + 1 + len(self._waiting)
        self._cursor = found.first_number - 1
        self._doubts = [{subject: Doubt(ids) for subject, ids in one.items()} for one in found.heads]
        self._filled.set()
        self._empty.clear()

    async def _failed(self, error: Exception, *, hopeless: bool = False) -> None:
        """Go on without the disk, or with another file where this one is no good."""
        if not (hopeless or is_corrupt(error)):
            self._store.failed(error)
            return
        async with self._turn:
            lost, self._stored = self._stored, 0
            for kept in (*self._taken, *self._waiting):
                kept.on_disk = False
            if lost:
                self._lose(Gap(lost, self._oldest_stored_ns, self._now_ns()))
            try:
                await self._store.begin_anew(error)
            except DISK_ERRORS as trouble:
                self._store.failed(trouble)
        self._news.set()
        self._note_if_empty()

    def _on_trouble(self, trouble: Trouble) -> None:
        if self.on_trouble:
            self.on_trouble(trouble)

    def _move(self, max_messages: int, max_bytes: int) -> list[Kept]:
        moved = super()._move(max_messages, max_bytes)
        self._cursor = moved[-1].number if moved else self._cursor
        return moved


def _on_pages(kept: Kept) -> int:
    """Return the bytes of the pages that a message takes in the file."""
    return -(-(len(kept.message.payload) + ROW_BYTES) // PAGE) * PAGE
