"""An outbox that outlives its process: in memory while the bus acknowledges, on the disk when it does not."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog
from msgspec import structs

from integrations.bus.publishing.doubt import Doubt
from integrations.bus.publishing.outgoing import Outgoing
from integrations.resilience import Backoff

from .clock import WallClock
from .file import PAGE, Found, is_corrupt
from .memory import Gap, Kept, MemoryOutbox
from .pace import Pace
from .settings import OutboxSettings, state_folder
from .store import DISK_ERRORS, OutboxStore, Trouble

log = structlog.get_logger(__name__)

GRACE_SECONDS = 0.25
"""What the bus acknowledges within this is never written to the disk."""
GATHER_SECONDS = 0.02
"""What comes within this is written in one go, once the bus is late: each time costs a sync and a thread."""
AT_HAND_SECONDS = 2.0
"""What is younger stays in memory as well: where the bus was only slow, nothing is read back."""
UPKEEP_SECONDS = 5.0
ROW_BYTES = 300
"""What a row has beside the payload, about."""
PIECE = 1000
"""Messages written in one transaction."""
READS_BEFORE_GIVING_UP = 5
_PATIENCE = Backoff(1.0, max_seconds=30.0)


class DiskOutbox(MemoryOutbox):
    """Keeps on the disk whatever JetStream has not acknowledged within GRACE_SECONDS; used with `async with`.

    As long as something waits on the disk, or the oldest message is not acknowledged, each message is
    written at once. Order: what is taken, what is on the disk, what is in memory. Without a disk that can
    be written, messages wait in memory, within the bounds of MemoryOutbox.
    """

    def __init__(
        self,
        name: str,
        settings: OutboxSettings,
        *,
        on_gap: Callable[[Gap], None] | None = None,
        on_trouble: Callable[[Trouble], None] | None = None,
        grace_seconds: float = GRACE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        super().__init__(on_gap=on_gap, clock=clock, now_ns=now_ns)
        self.on_trouble = on_trouble
        self.left_ns = 0
        """When the newest of what an earlier life has left had come, in UTC; 0 if there is nothing."""
        self._settings = settings
        self._grace_seconds = grace_seconds
        self._pace = Pace(settings.drain_per_second, clock=clock)
        folder = Path(settings.folder) if settings.folder else state_folder()
        self._store = OutboxStore(folder, name, self._on_trouble)
        self._stored = 0  # on the disk only, with numbers between the cursor and what is in memory
        self._oldest_stored_ns = 0
        self._cursor = 0  # up to here all are taken or settled
        self._told = 0  # dropped messages that were told and still stand in the file
        self._told_with = 0  # the last message that was taken with them
        self._doubts: list[dict[str, Doubt]] = []  # by life and subject: what may have been stored
        self._turn = asyncio.Lock()
        self._saving = False
        self._wall_clock = WallClock(clock, now_ns)
        self._news = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        with contextlib.suppress(*DISK_ERRORS):  # the keeper tries again, and says what is wrong
            await self._opened()
        self._keeper = asyncio.create_task(self._keep(), name="outbox keeper")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._keeper:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        with contextlib.suppress(*DISK_ERRORS):
            await self._save()
            await self._trim()
        if self.depth:
            lost = sum(not kept.on_disk for kept in (*self._taken, *self._waiting))
            log.warning("messages wait for the next start", on_disk=self.depth - lost, lost=lost)
        with contextlib.suppress(*DISK_ERRORS):
            await self._store.close()

    @property
    def depth(self) -> int:
        """Messages not yet forgotten."""
        return super().depth + self._stored

    @property
    def size(self) -> int:
        """Bytes of payloads in memory, and of the file's pages in use while anything waits there."""
        return super().size + (self._store.used if self._stored else 0)

    @property
    def oldest_seconds(self) -> float:
        """How long the oldest of them has waited; 0 when there is none."""
        if self._taken or not self._stored:
            return super().oldest_seconds
        return max(0.0, (self._now_ns() - self._oldest_stored_ns) / 1e9)

    @property
    def trouble(self) -> str:
        """What is wrong with the disk, in words; empty while there is nothing."""
        return self._store.trouble

    async def append(self, message: Outgoing, time_ns: int, until_ns: int = 0) -> int:
        """Keep `message` and return its number; the newest always finds room."""
        number = await super().append(message, time_ns, until_ns)
        self._pace.one_came_in()
        self._news.set()
        return number

    async def take(self, max_messages: int, max_bytes: int) -> Sequence[Outgoing]:
        """Wait for messages that are not taken yet, and return the oldest of them."""
        attempt = 0
        taken: list[Kept] = []
        while not taken:
            await self._filled.wait()
            if not self._stored:
                taken = self._move(max_messages, max_bytes)
                continue
            granted = await self._pace.grant(max_messages)
            try:
                taken = await self._read(granted, max_bytes)
            except DISK_ERRORS as error:
                attempt += 1
                await self._failed(error, hopeless=attempt >= READS_BEFORE_GIVING_UP)
                await asyncio.sleep(_PATIENCE.ceiling(attempt - 1))
        self._pace.spend(len(taken))
        if self._gap:
            self._told += self._gap.count
            self._told_with = taken[-1].number
        self._report_gap()
        return [kept.message for kept in taken]

    async def forget(self, count: int) -> None:
        """Forget the oldest `count` of those taken, on the disk too."""
        if not (gone := self._remember_no_more(count)):
            return
        saved = self._saving or any(kept.on_disk for kept in gone)
        told = 0
        if self._told and gone[-1].number >= self._told_with:
            told, self._told = self._told, 0
        if not (saved or told):
            return
        try:
            await self._store.remove(gone[-1].number)
            if told:  # by now the event about it is on its way too
                await self._store.gap_told(told)
        except DISK_ERRORS as error:
            await self._failed(error)

    async def _keep(self) -> None:
        """Write what is not acknowledged in time; for ever."""
        failures = 0
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(UPKEEP_SECONDS):
                    await self._news.wait()
            try:
                await self._look()
                failures = 0
            except DISK_ERRORS as error:
                await self._failed(error)
                await asyncio.sleep(_PATIENCE.ceiling(failures))
                failures += 1
            except Exception:
                log.exception("the outbox could not be looked after")
                await asyncio.sleep(_PATIENCE.ceiling(0))

    async def _look(self) -> None:
        await self._opened()
        await self._mind_the_clock()
        self._news.clear()
        if self._stored:
            wait = 0.0
        elif oldest := self._oldest:
            wait = oldest.since + self._grace_seconds - self._clock()
        else:
            return
        if wait > 0:
            await asyncio.sleep(wait)
            self._news.set()
            return
        await self._save()
        self._let_go()
        await self._trim()
        await asyncio.sleep(GATHER_SECONDS)

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

    def _move(self, max_messages: int, max_bytes: int) -> list[Kept]:
        moved = super()._move(max_messages, max_bytes)
        self._cursor = moved[-1].number if moved else self._cursor
        return moved

    async def _read(self, max_messages: int, max_bytes: int) -> list[Kept]:
        """Take the oldest of what waits on the disk."""
        async with self._turn:
            taken = await self._store.read(self._cursor, min(max_messages, self._stored), max_bytes)
            for kept in taken:
                self._doubt(kept)
            self._taken += taken
            self._stored = self._stored - len(taken) if taken else 0
            if taken:
                self._cursor = taken[-1].number
                self._oldest_stored_ns = taken[-1].kept_ns
        if not self._stored and not self._waiting:
            self._filled.clear()
        return taken

    def _doubt(self, kept: Kept) -> None:
        """Mark what may have been stored already."""
        for doubt in filter(None, (of_life.get(kept.message.subject) for of_life in self._doubts)):
            if kept.message.message_id in doubt:
                kept.message = structs.replace(kept.message, doubt=doubt)

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


def _on_pages(kept: Kept) -> int:
    """Return the bytes of the pages that a message takes in the file."""
    return -(-(len(kept.message.payload) + ROW_BYTES) // PAGE) * PAGE
