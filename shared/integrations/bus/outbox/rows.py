"""A message that waits as a row of SQLite, and back."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from integrations.bus.publishing.outgoing import Outgoing

from .memory import Kept

Row = tuple[int, int, int, int, str, str, bytes, bytes]


class _More(msgspec.Struct, array_like=True, frozen=True):
    """What has no column of its own; fields may be added, with a default."""

    headers: dict[str, str]
    lane: str
    until_ns: int = 0


more_of = msgspec.msgpack.Decoder(_More).decode


class UnreadableRowError(sqlite3.DatabaseError):
    """A row that SQLite reads and we cannot."""


@contextmanager
def read_or_unreadable() -> Iterator[None]:
    """Make one error of whatever odd bytes lead to: SQLite holds no column to its type."""
    try:
        yield
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        raise UnreadableRowError(f"{type(error).__name__}: {error}") from error
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):  # a text that is no UTF-8 has no code of its own
            raise
        raise UnreadableRowError(str(error)) from error


def row_of(kept: Kept) -> Row:
    """Return the columns of a message, in their order."""
    message = kept.message
    more = msgspec.msgpack.encode(_More(message.headers, message.lane, kept.until_ns))
    return (
        kept.number, kept.time_ns, kept.kept_ns, message.lasting,
        message.subject, message.message_id, more, message.payload,
    )  # fmt: skip


@read_or_unreadable()
def kept_of(row: Sequence[object], now: float) -> Kept:
    """Return the message of a row, as come back at `now` (monotonic).

    Raises:
        UnreadableRowError: it is none.
    """
    number, time_ns, kept_ns, lasting, subject, message_id, more, payload = msgspec.convert(row, Row)
    rest = more_of(more)
    message = Outgoing(subject, payload, rest.headers, message_id, rest.lane, lasting=bool(lasting))
    return Kept(number, time_ns, message, now, kept_ns, on_disk=True, until_ns=rest.until_ns)
