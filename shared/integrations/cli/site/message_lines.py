"""A message of the bus as a line of text, and as a row of JSON."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from integrations.messages import (
    CleanBatch,
    DecodeError,
    Event,
    Header,
    MessageError,
    RawBatch,
    decode,
    parse_subject,
)
from integrations.quality import names

from integrations.cli.printable import printable

LONGEST = 240
MOST_COLUMNS = 8


@dataclass(frozen=True)
class Seen:
    """A message as it came."""

    time_ns: int
    subject: str
    headers: dict[str, str]
    body: bytes


def line_of(seen: Seen) -> str:
    """Return time, subject and what matters of the message."""
    clock = datetime.fromtimestamp(seen.time_ns / 1e9, UTC).strftime("%H:%M:%S.%f")[:-3]
    return printable(f"{clock}  {seen.subject}  {_words(seen)}")


def row_of(seen: Seen) -> str:
    """Return the message as one JSON object; a body that is neither JSON nor MessagePack as text."""
    try:
        body: Any = decode(seen.body, Any, seen.headers.get(Header.CONTENT_TYPE))
    except (DecodeError, TypeError):
        body = seen.body.decode(errors="replace")
    row = {"time": seen.time_ns, "subject": seen.subject, "headers": seen.headers, "body": body}
    return msgspec.json.encode(row).decode()


def _words(seen: Seen) -> str:
    try:
        kind = parse_subject(seen.subject).kind
        content_type = seen.headers.get(Header.CONTENT_TYPE)
        if kind in {"clean", "recleaned"}:
            return _clean(decode(seen.body, CleanBatch, content_type))
        if kind == "raw":
            return _raw(decode(seen.body, RawBatch, content_type))
        if kind == "event":
            event = decode(seen.body, Event, content_type)
            return f"{event.severity.value} {event.kind}: {event.text}"
    except MessageError:
        pass  # not one of ours, or not in our words: shown as it is
    return _other(seen)


def _clean(batch: CleanBatch) -> str:
    if not batch.time:
        return "no samples"
    more = f"  ({len(batch.time)} samples)" if len(batch.time) > 1 else ""
    flags = " ".join(names(batch.flags[-1]))
    return f"{_number(batch.value[-1])} {batch.unit}  quality {batch.quality[-1]:.0f}  {flags}{more}".rstrip()


def _raw(batch: RawBatch) -> str:
    shown = ", ".join(
        f"{column.sensor_id} {_number(column.value[-1]) if column.value else '-'} {column.unit}".rstrip()
        for column in batch.columns[:MOST_COLUMNS]
    )
    more = f", and {len(batch.columns) - MOST_COLUMNS} more" if len(batch.columns) > MOST_COLUMNS else ""
    return f"#{batch.sequence} {shown}{more}"


def _other(seen: Seen) -> str:
    try:
        text = msgspec.json.encode(decode(seen.body, Any, seen.headers.get(Header.CONTENT_TYPE))).decode()
    except (DecodeError, TypeError):
        text = seen.body.decode(errors="replace")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(seen.body)} bytes)"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"
