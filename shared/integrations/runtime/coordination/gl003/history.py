"""Readings of the past from CLEAN, page by page."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from integrations.bus import CLEAN, Bus, JetStreamError, Stored, replay
from integrations.messages import (
    CleanBatch,
    Header,
    HistoryRequest,
    MessageError,
    SensorHistory,
    decode,
)
from integrations.runtime.coordination.gl003.errors import NoAnswerError, Reason
from integrations.runtime.coordination.gl003.moments import moment_ns

EARLY = timedelta(minutes=1)
"""How much earlier than measured a reading may be stored, by a device's clock that is ahead."""
LATE_NS = 3_600_000_000_000
"""How much later than measured a reading may be stored, and still be found."""
MAX_MESSAGES = 50_000
"""Messages that are looked through for one page."""
PATIENCE_SECONDS = 20.0


class _Cursor(NamedTuple):
    """The first sample of the next page: the message it is in, and its place there."""

    sequence: int
    at: int

    def __str__(self) -> str:
        return f"{self.sequence}-{self.at}"


@dataclass
class _Page:
    """The samples of a page, as they come."""

    begin_ns: int
    end_ns: int
    limit: int
    first: CleanBatch | None = None
    taken: list[tuple[int, float | None, float, int]] = field(default_factory=list)

    def take(self, batch: CleanBatch, at: int) -> int | None:
        """Take the samples from `at` on that are in the range; return where the next page begins, if here."""
        if self.first is not None and batch.unit != self.first.unit:
            return at
        columns = zip(batch.time, batch.value, batch.quality, batch.flags, strict=False)
        for place, sample in enumerate(columns):
            if place < at or not self.begin_ns <= sample[0] < self.end_ns:
                continue
            if len(self.taken) == self.limit:
                return place
            self.first = self.first or batch
            self.taken.append(sample)
        return None

    def history(self, site: str, sensor_id: str, next_cursor: _Cursor | None) -> SensorHistory:
        """Return the page."""
        times, values, quality, flags = zip(*self.taken, strict=True) if self.taken else ((), (), (), ())
        return SensorHistory(
            site=site,
            sensor_id=sensor_id,
            quantity=self.first.quantity if self.first else "",
            unit=self.first.unit if self.first else "",
            origin=self.first.origin if self.first else None,
            time=list(times),
            value=list(values),
            quality=list(quality),
            flags=list(flags),
            next_cursor=str(next_cursor) if next_cursor else None,
        )


async def history_page(bus: Bus, site: str, request: HistoryRequest, now_ns: int) -> SensorHistory:
    """Return one page of a sensor's readings.

    Raises:
        NoAnswerError: the range or the cursor is none, or CLEAN does not answer.
    """
    begin_ns = moment_ns("begin", request.begin)
    end_ns = now_ns if request.end is None else moment_ns("end", request.end)
    if end_ns <= begin_ns:
        raise NoAnswerError(
            Reason.BAD_REQUEST, f"end must be after begin, got {request.begin}, {request.end}"
        )
    cursor = _read_cursor(request.cursor)
    page, count = _Page(begin_ns, end_ns, request.limit), 0
    try:
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            contextlib.aclosing(_stored(bus, site, request.sensor_id, cursor, begin_ns)) as messages,
        ):
            async for stored in messages:
                count += 1
                if count > MAX_MESSAGES:
                    return page.history(site, request.sensor_id, _Cursor(stored.sequence, 0))
                if stored.time_ns > end_ns + LATE_NS:
                    break
                batch = _batch(stored)
                at = cursor.at if stored.sequence == cursor.sequence else 0
                if batch is not None and (rest := page.take(batch, at)) is not None:
                    return page.history(site, request.sensor_id, _Cursor(stored.sequence, rest))
    except TimeoutError:
        raise NoAnswerError(Reason.NO_ANSWER, "the stream CLEAN does not answer") from None
    except JetStreamError as error:
        raise NoAnswerError(Reason.NO_ANSWER, f"the stream CLEAN cannot be read: {error}") from error
    return page.history(site, request.sensor_id, None)


async def _stored(
    bus: Bus, site: str, sensor_id: str, cursor: _Cursor, begin_ns: int
) -> AsyncGenerator[Stored, None]:
    subject = f"gl.{site}.clean.*.{sensor_id}"
    since = None if cursor.sequence else datetime.fromtimestamp(begin_ns / 1e9, UTC) - EARLY
    messages = replay(bus, CLEAN, subject, start_time=since, start_sequence=cursor.sequence or 1)
    async for stored in messages:
        yield stored


def _read_cursor(text: str) -> _Cursor:
    if not text:
        return _Cursor(0, 0)
    sequence, dash, at = text.partition("-")
    if not (dash and sequence.isdecimal() and at.isdecimal()):
        raise NoAnswerError(Reason.BAD_REQUEST, f"cursor must be the next_cursor of an answer, got {text!r}")
    return _Cursor(int(sequence), int(at))


def _batch(stored: Stored) -> CleanBatch | None:
    try:
        return decode(stored.data, CleanBatch, stored.headers.get(Header.CONTENT_TYPE))
    except MessageError:
        return None
