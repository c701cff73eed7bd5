"""An outbox's file as a disk may give it back, and its rows one by one."""

import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random

import msgspec

from fuzz.mutation import mutated_bytes, mutated_msgpack
from fuzz.target import Target
from integrations.bus import Outgoing
from integrations.bus.outbox.file import OutboxFile
from integrations.bus.outbox.memory import Kept
from integrations.bus.outbox.rows import UnreadableRowError, kept_of, row_of

MESSAGE = Outgoing("gl.p.raw.steam_meter.a", b'{"a": 1}', {"Content-Type": "application/json"}, "a-1", "a")
KEPT = Kept(1, 1, MESSAGE, 0.0, 1)


@contextmanager
def _place(data: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "box.sqlite")
        path.write_bytes(data)
        yield path


def _whole() -> bytes:
    with _place(b"") as path:
        with closing(OutboxFile(path)) as file:
            file.add([Kept(at, at, MESSAGE, 0.0, at) for at in range(1, 30)])
            file.trim(0, 10**9, 3)
        return path.read_bytes()


def _file(data: bytes) -> object:
    """Everything that is done with a file, and an heir that takes it over."""
    with _place(data) as path:
        with closing(OutboxFile(path)) as file:
            found = file.read(0, 100, 2**20)
            file.trim(0, 4096, 0)
            file.add([KEPT])
            file.gap_told(1)
            file.shift(1)
            file.remove(3)
        with closing(OutboxFile(path.with_name("heir.sqlite"))) as heir:
            heir.adopt(path)
        return found


def _one(data: bytes) -> object:
    """A row with any types: SQLite holds columns to none."""
    try:
        row = msgspec.msgpack.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return kept_of(tuple(row), time.monotonic()) if isinstance(row, list) and len(row) == len(ROW) else None


def _mutated_row(data: bytes, random: Random) -> bytes:
    """Change a column, or what is in the one that is MessagePack itself."""
    row = msgspec.msgpack.decode(data) if data == SEED else None
    if random.random() < 0.5 and isinstance(row, list) and len(row) == len(ROW):
        row[6] = mutated_msgpack(ROW[6], random)
        return bytes(msgspec.msgpack.encode(row))
    return mutated_msgpack(data, random)


ROW = row_of(KEPT)
SEED = msgspec.msgpack.encode([int(each) if each is False else each for each in ROW])
TABLE = (
    Target("outbox_file", _file, (sqlite3.Error,), [_whole()], mutated_bytes, longest=65_536),
    Target(
        "outbox_row",
        _one,
        (UnreadableRowError,),
        [SEED],
        _mutated_row,
    ),
)
