"""The disk behind an outbox: its file in a thread of its own, opened late or anew where that is needed."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import structlog

from integrations.messages import Severity

from .file import Found, OutboxFile, is_corrupt, is_out_of_room
from .memory import Gap, Kept
from .place import Place, claim, ownerless, remove_file

log = structlog.get_logger(__name__)

DISK_ERRORS = (sqlite3.Error, OSError)
"""What a disk may do to us."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What became of an outbox's file, in words for people; `kind` is a token."""

    kind: str
    text: str
    severity: Severity


class OutboxStore:
    """A file that may be away; every method may raise DISK_ERRORS.

    A trouble is told once, until something could be written again.
    """

    def __init__(self, folder: Path, name: str, tell: Callable[[Trouble], None]) -> None:
        self._folder = folder
        self._name = name
        self._tell = tell
        self._file: OutboxFile | None = None
        self._place: Place | None = None
        self.trouble = ""
        """What is wrong, in words; empty while there is nothing."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="outbox")

    @property
    def is_open(self) -> bool:
        """Whether there is a file."""
        return self._file is not None

    @property
    def used(self) -> int:
        """Bytes of its pages in use."""
        return self._file.used if self._file else 0

    async def open(self) -> Found:
        """Open the file; return what an earlier life has left in it."""
        try:
            await self._call(self._open)
        except sqlite3.Error as error:
            if not is_corrupt(error):
                raise
            await self.begin_anew(error)
        self._well()
        found = self._required.found
        if found.count:
            log.info("messages of an earlier life wait", messages=found.count, file=str(self._required.path))
        return found

    async def close(self) -> None:
        """Close the file and let others have its place."""
        await self._call(self._close)
        self._thread.shutdown(wait=False)

    async def add(self, messages: Sequence[Kept]) -> None:
        """Keep messages; they are on the disk when this returns."""
        await self._call(self._add, messages)
        self._well()

    async def check(self) -> None:
        """See whether a trouble is over."""
        await self._call(self._required.touch)
        self._well()

    async def read(self, after: int, max_messages: int, max_bytes: int) -> list[Kept]:
        """Return the oldest above a number."""
        return await self._call(self._required.read, after, max_messages, max_bytes)

    async def remove(self, up_to: int) -> None:
        """Remove all up to a number."""
        await self._call(self._remove, up_to)

    async def trim(self, after: int, max_bytes: int, oldest_ns: int) -> Gap | None:
        """Drop the oldest above a number that are over the bounds."""
        return await self._call(self._required.trim, after, max_bytes, oldest_ns)

    async def gap_told(self, count: int) -> None:
        """Forget so many of those that were dropped: it has been said."""
        await self._call(self._required.gap_told, count)

    async def shift(self, step_ns: int) -> None:
        """The clock was set: keep the ages as they are."""
        await self._call(self._required.shift, step_ns)

    async def begin_anew(self, error: Exception) -> None:
        """Set the file aside, since it cannot be read, and open a new one."""
        aside = await self._call(self._set_aside)
        text = f"{self._place_path} cannot be read ({error}): it is {aside.name} now, and a new one is begun"
        self._say("outbox_corrupt", text, Severity.ERROR)
        await self._call(self._open)

    def failed(self, error: Exception) -> None:
        """Take note that the disk does not do what it should."""
        known, self.trouble = self.trouble, f"{self._folder}: {error}; what waits for the bus waits in memory"
        if not known:
            self._say("outbox_disk_trouble", self.trouble, Severity.ERROR)

    def _well(self) -> None:
        if self.trouble:
            self.trouble = ""
            self._say("outbox_disk_well", f"{self._place_path} can be written again", Severity.INFO)

    def _say(self, kind: str, text: str, severity: Severity) -> None:
        (log.info if severity is Severity.INFO else log.error)("outbox", what=kind, detail=text)
        self._tell(Trouble(kind, text, severity))

    @property
    def _required(self) -> OutboxFile:
        if self._file is None:
            raise OSError("there is no outbox file")
        return self._file

    @property
    def _place_path(self) -> Path:
        return self._place.path if self._place else self._folder / self._name

    def _open(self) -> None:
        is_first = self._place is None
        self._place = self._place or claim(self._folder, self._name)
        file = OutboxFile(self._place.path, self._place.noted)
        self._place.note(0)
        for other in ownerless(self._folder, self._name) if is_first else ():
            try:
                file.adopt(other.path, other.noted)
                remove_file(other.path)
                other.note(0)
            except sqlite3.Error as error:
                log.warning("an outbox without owner is no good", file=str(other.path), reason=str(error))
            finally:
                other.leave()
        self._file = file

    def _add(self, messages: Sequence[Kept]) -> None:
        if not self._required.is_there:
            self._move()
        self._required.add(messages)

    def _move(self) -> None:
        """Somebody took the file away: write what it holds to a new one, as long as it is open."""
        old, old_place = self._required, self._place
        place = claim(self._folder, self._name, instead_of=old.path)
        try:
            new = OutboxFile(place.path)
            old.copy_to(new)
        except BaseException:
            remove_file(place.path)
            place.leave()
            raise
        self._file, self._place = new, place
        old.close()  # removes its journal by name
        if old_place:
            old_place.leave()
        text = f"{old.path} was taken away while it was in use: what it held is in {new.path} now"
        self._say("outbox_moved", text, Severity.WARNING)

    def _remove(self, up_to: int) -> None:
        """Remove all up to a number; a full disk, where that needs room, is told by other means."""
        file, place = self._required, self._place
        try:
            file.remove(up_to)
        except sqlite3.Error as error:
            if not is_out_of_room(error) or not place:
                raise
            if file.last_number > up_to:
                place.note(up_to)
                raise
            self._begin_empty(file)
        if place and place.noted:
            place.note(0)

    def _begin_empty(self, file: OutboxFile) -> None:
        """Nothing in the file is needed any more: a new one makes room on the disk."""
        lost = file.lost()
        self._file = None
        file.close()
        remove_file(file.path)
        self._file = OutboxFile(file.path)
        if lost:
            self._file.lose(lost)

    def _set_aside(self) -> Path:
        file, self._file = self._file, None
        if file:
            with contextlib.suppress(sqlite3.Error):
                file.close()
        self._place = self._place or claim(self._folder, self._name)
        self._place.note(0)
        return self._place.set_aside()

    def _close(self) -> None:
        if self._file:
            self._file.close()
        if self._place:
            self._place.leave()

    async def _call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Run `function` where it may wait for the disk."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)
