"""An outbox that outlives its process: in memory while the bus acknowledges, on the disk when it does not."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import structlog
from msgspec import structs

from integrations.bus.publishing.outgoing import Outgoing
from integrations.resilience import Backoff

from .backed import BackedOutbox
from .memory import Gap, Kept
from .pace import Pace
from .settings import OutboxSettings
from .store import DISK_ERRORS, Trouble

log = structlog.get_logger(__name__)

GRACE_SECONDS = 0.25
"""What the bus acknowledges within this is never written to the disk."""
GATHER_SECONDS = 0.02
"""What comes within this is written in one go, once the bus is late: each time costs a sync and a thread."""
UPKEEP_SECONDS = 5.0
READS_BEFORE_GIVING_UP = 5
_PATIENCE = Backoff(1.0, max_seconds=30.0)


class DiskOutbox(BackedOutbox):
    """Keeps on the disk whatever JetStream has not acknowledged within GRACE_SECONDS; used with `async with`.

    As long as something waits on the disk, or the oldest message is not acknowledged, each message is
    written at once. Without a disk that can be written, messages wait in memory, within the bounds of
    MemoryOutbox.
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
        super().__init__(name, settings, on_gap=on_gap, on_trouble=on_trouble, clock=clock, now_ns=now_ns)
        self._grace_seconds = grace_seconds
        self._pace = Pace(settings.drain_per_second, clock=clock)
        self._told = 0  # dropped messages that were told and still stand in the file
        self._told_with = 0  # the last message that was taken with them
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
            if self.trouble:
                await self._store.check()
            return
        if wait > 0:
            await asyncio.sleep(wait)
            self._news.set()
            return
        await self._save()
        self._let_go()
        await self._trim()
        await asyncio.sleep(GATHER_SECONDS)

    async def _read(self, max_messages: int, max_bytes: int) -> list[Kept]:
        """Take the oldest of what waits on the disk."""
        async with self._turn:
            taken = await self._store.read(self._cursor, min(max_messages, self._stored), max_bytes)
            for kept in taken:
                self._doubt(kept)
            self._taken += taken
            self._stored -= len(taken)
            if taken:
                self._cursor = taken[-1].number
                self._oldest_stored_ns = taken[-1].kept_ns
            elif self._stored:  # somebody has removed them
                self._lose(Gap(self._stored, self._oldest_stored_ns, self._now_ns()))
                self._stored = 0
        if not self._stored and not self._waiting:
            self._filled.clear()
        return taken

    def _doubt(self, kept: Kept) -> None:
        """Mark what may have been stored already."""
        for doubt in filter(None, (of_life.get(kept.message.subject) for of_life in self._doubts)):
            if kept.message.message_id in doubt:
                kept.message = structs.replace(kept.message, doubt=doubt)
