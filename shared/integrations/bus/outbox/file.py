"""An outbox's file: SQLite, synced, so that what waits outlives the process and a power cut."""

import errno
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from .memory import MOST_UNDER_WAY, Gap, Kept
from .rows import UnreadableRowError, kept_of, more_of, read_or_unreadable, row_of

PAGE = 4096
JOURNAL_BYTES = 4 * 1024 * 1024
SPARE_PAGES = 1024
"""Pages that an empty file may keep."""
LEAST_ROOM = 1024 * 1024
COPIED_AT_ONCE = 1000
TRIM_SHARE = 64
"""Where room is needed, so much of the whole is made at once: one part in this many."""

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS waiting (
        number INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, kept_ns INTEGER NOT NULL,
        lasting INTEGER NOT NULL, subject TEXT NOT NULL, message_id TEXT NOT NULL,
        more BLOB NOT NULL, payload BLOB NOT NULL
    );
    CREATE TABLE IF NOT EXISTS lost (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        count INTEGER NOT NULL, first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL
    );
"""
_ADD = "INSERT OR REPLACE INTO waiting VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_SIZES = """
    SELECT number, time_ns, kept_ns, more, length(payload) FROM waiting
    WHERE number > ? AND lasting = ? ORDER BY number
"""
_DROP = "DELETE FROM waiting WHERE number > ? AND number <= ? AND lasting = ?"
_TOLD = "UPDATE lost SET count = count - ?"
_VERSION = 1
_LOSE = """
    INSERT INTO lost VALUES (1, ?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET
    count = count + ?1, first_ns = min(first_ns, ?2), last_ns = max(last_ns, ?3)
"""
_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

_Extent = tuple[int, int | None, int | None, int | None, int | None]
_Lost = tuple[int, int, int]
_Head = tuple[str, str]


@dataclass(frozen=True)
class Found:
    """What a file holds when it is opened."""

    count: int = 0
    first_number: int = 0
    last_number: int = 0
    oldest_ns: int = 0
    newest_ns: int = 0
    gap: Gap | None = None
    heads: Sequence[Mapping[str, Sequence[str]]] = ()
    """Of each earlier life, by subject, the ids of what may have been under way when it ended."""


class OutboxFile:
    """Messages in their order. One thread at a time may call; every method may raise sqlite3.Error.

    A number is never used again while its row is there; adding a row again replaces it. Rows up to `settled`
    are those that an earlier life could not remove.
    """

    @read_or_unreadable()
    def __init__(self, path: Path, settled: int = 0) -> None:
        self.path = path
        self.used = 0
        """Bytes of the pages in use."""
        self._heads: list[dict[str, list[str]]] = []
        self._db = _connected(path)
        try:
            self._check_version()
            self._db.executescript(_SCHEMA)
            if settled:
                self._db.execute("DELETE FROM waiting WHERE number <= ?", (settled,))
            self._note_head("main")
            self.found = self._look()
            self.last_number = self.found.last_number
            """The highest that was ever added."""
            self._inodes = _inodes(path)
        except BaseException:
            self._db.close()
            raise

    @property
    def is_there(self) -> bool:
        """Whether what is written here is in the folder, and was not taken away meanwhile."""
        return _inodes(self.path) == self._inodes

    def copy_to(self, other: "OutboxFile") -> None:
        """Write all that is here to an empty file."""
        after = 0
        while rows := self.read(after, COPIED_AT_ONCE, JOURNAL_BYTES):
            other.add(rows)
            after = rows[-1].number
        if lost := self.lost():
            other.lose(lost)

    def close(self) -> None:
        """Write the journal into the file and close it."""
        self._db.close()

    def add(self, messages: Sequence[Kept]) -> None:
        """Keep messages; they are on the disk when this returns."""
        with self._transaction():
            self._db.executemany(_ADD, map(row_of, messages))
        self.last_number = max(self.last_number, *(kept.number for kept in messages))
        self._measure()

    @read_or_unreadable()
    def read(self, after: int, max_messages: int, max_bytes: int) -> list[Kept]:
        """Return the oldest with a number above `after`; at least one if there is one."""
        rows: list[Kept] = []
        size, now = 0, time.monotonic()
        query = "SELECT * FROM waiting WHERE number > ? ORDER BY number LIMIT ?"
        for row in self._db.execute(query, (after, max_messages)):
            size += len(row[-1])
            if rows and size > max_bytes:
                break
            rows.append(kept_of(row, now))
        return rows

    def remove(self, up_to: int) -> None:
        """Remove all up to a number; an empty file gives its space back."""
        self._db.execute("DELETE FROM waiting WHERE number <= ?", (up_to,))
        if self._pragma("freelist_count") > SPARE_PAGES and not self._any():
            self._db.execute("PRAGMA incremental_vacuum").fetchall()
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._measure()

    @read_or_unreadable()
    def trim(self, after: int, max_bytes: int, oldest_ns: int) -> Gap | None:
        """Drop the oldest above `after`: what came before `oldest_ns`, and as much as is over `max_bytes`.

        What is to last goes when all the rest is gone and was not enough.
        """
        excess = self.used - max_bytes
        if excess > 0:
            excess += max_bytes // TRIM_SHARE
        dropped, excess = self._drop(after, excess, oldest_ns, lasting=False)
        if excess > 0:
            more, _ = self._drop(after, excess, 0, lasting=True)
            dropped = more.widened(dropped) if more else dropped
        self._measure()
        return dropped

    def touch(self) -> None:
        """Write next to nothing: whether that can be done.

        Raises:
            OSError: it can, and there is hardly any room left.
        """
        self._db.execute(f"PRAGMA user_version = {_VERSION}")
        if shutil.disk_usage(self.path.parent).free < LEAST_ROOM:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def lost(self) -> Gap | None:
        """Return what was dropped here and was not told yet."""
        row = self._db.execute("SELECT count, first_ns, last_ns FROM lost").fetchone()
        return Gap(*msgspec.convert(row, _Lost)) if row else None

    def lose(self, gap: Gap) -> None:
        """Take note of what was dropped."""
        self._db.execute(_LOSE, (gap.count, gap.first_time_ns, gap.last_time_ns))

    def gap_told(self, count: int) -> None:
        """Forget so many of those that were dropped: it has been said."""
        self._db.execute(_TOLD, (count,))
        self._db.execute("DELETE FROM lost WHERE count <= 0")

    def shift(self, step_ns: int) -> None:
        """The clock was set: keep the ages as they are."""
        self._db.execute("UPDATE waiting SET kept_ns = kept_ns + ?", (step_ns,))

    @read_or_unreadable()
    def adopt(self, other: Path, settled: int = 0) -> int:
        """Take over what a file that nobody owns any more holds above `settled`; return how many.

        It comes behind our own.
        """
        self._db.execute("ATTACH ? AS other", (str(other),))
        try:
            self._note_head("other", settled)
            with self._transaction():
                columns = "time_ns, kept_ns, lasting, subject, message_id, more, payload"
                moved = self._db.execute(
                    f"INSERT INTO main.waiting ({columns})"  # noqa: S608  # our own names
                    f" SELECT {columns} FROM other.waiting WHERE number > ? ORDER BY number",
                    (settled,),
                ).rowcount
                for lost in self._db.execute("SELECT count, first_ns, last_ns FROM other.lost").fetchall():
                    self._db.execute(_LOSE, msgspec.convert(lost, _Lost))
        finally:
            self._db.execute("DETACH other")
        self.found = self._look()
        self.last_number = self.found.last_number
        return moved

    def _drop(self, after: int, excess: int, oldest_ns: int, *, lasting: bool) -> tuple[Gap | None, int]:
        """Drop what has to go of one kind; return it, and what is still too much."""
        last, gap = after, None
        for number, time_ns, kept_ns, more, size in self._db.execute(_SIZES, (after, lasting)):
            if excess <= 0 and kept_ns >= oldest_ns:
                break
            excess -= size
            until_ns = max(time_ns, more_of(more).until_ns)
            last, gap = number, Gap(1, time_ns, until_ns).widened(gap)
        if gap:
            with self._transaction():
                self._db.execute(_DROP, (after, last, lasting))
                self.lose(gap)
        return gap, excess

    def _check_version(self) -> None:
        version = self._pragma("user_version")
        if version != _VERSION and self._pragma("page_count") > 1:
            raise UnreadableRowError(f"version {version} of the file, {_VERSION} is known here")
        self._db.execute(f"PRAGMA user_version = {_VERSION}")

    def _look(self) -> Found:
        columns = "count(*), min(number), max(number), min(kept_ns), max(kept_ns)"
        extent = self._db.execute(f"SELECT {columns} FROM waiting")  # noqa: S608  # our own names
        count, *extremes = msgspec.convert(extent.fetchone(), _Extent)
        first, last, oldest, newest = (one or 0 for one in extremes)
        self._measure()
        return Found(count, first, last, oldest, newest, self.lost(), tuple(self._heads))

    def _note_head(self, schema: str, after: int = 0) -> None:
        table = f"{schema}.waiting"
        query = f"SELECT subject, message_id FROM {table} WHERE number > ? ORDER BY number LIMIT ?"  # noqa: S608  # our own names
        heads: dict[str, list[str]] = {}
        for row in self._db.execute(query, (after, MOST_UNDER_WAY)):
            subject, message_id = msgspec.convert(row, _Head)
            if message_id:
                heads.setdefault(subject, []).append(message_id)
        self._heads.append(heads)

    def _any(self) -> bool:
        return self._db.execute("SELECT 1 FROM waiting LIMIT 1").fetchone() is not None

    def _measure(self) -> None:
        self.used = (self._pragma("page_count") - self._pragma("freelist_count")) * PAGE

    def _pragma(self, name: str) -> int:
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise


def is_corrupt(error: Exception) -> bool:
    """Whether the file itself is at fault, and not the disk or what it has no room for."""
    code = getattr(error, "sqlite_errorcode", 0)
    return isinstance(error, UnreadableRowError) or code & 0xFF in _CORRUPT


def is_out_of_room(error: sqlite3.Error) -> bool:
    """Whether the disk takes nothing more."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def _inodes(path: Path) -> list[tuple[int, int]]:
    found = []
    for suffix in ("", "-wal"):
        with suppress(FileNotFoundError):
            there = Path(f"{path}{suffix}").stat()
            found.append((there.st_dev, there.st_ino))
    return found


def _connected(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1.0)
    try:
        db.execute(f"PRAGMA page_size = {PAGE}")
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute(f"PRAGMA journal_size_limit = {JOURNAL_BYTES}")
    except BaseException:
        db.close()
        raise
    return db
