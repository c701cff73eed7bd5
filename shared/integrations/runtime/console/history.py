"""The past of a sensor from CLEAN, for a chart: read whole where it is little, else looked into."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from integrations.bus import CLEAN, Bus, Stored, replay, since
from integrations.messages import CleanBatch, Header, MessageError, decode
from integrations.runtime.console.buckets import Buckets, Statistics

MAX_MESSAGES = 20_000
"""What is read whole; of more, as many are looked at."""
MAX_POINTS = 2000
MAX_SPAN = timedelta(days=366)
PATIENCE_SECONDS = 20.0
AT_ONCE = 4
LATE = timedelta(minutes=1)
"""How much later than measured a reading may be stored, and still be found."""
SECOND_NS = 1_000_000_000
BREATH = 100
"""Messages after which others get their turn."""


class History(Struct):
    """A series as a chart wants it; `whole` says whether every stored sample is in it."""

    sensor_id: str
    quantity: str
    unit: str
    raw_unit: str
    begin: float
    end: float
    whole: bool
    messages: int
    """How many there are in the stream."""
    columns: dict[str, list[float | None]]
    statistics: Statistics


async def read_history(
    bus: Bus, site: str, sensor_id: str, begin: datetime, end: datetime, points: int
) -> History:
    """Return at most `points` stretches of a sensor's readings between two times (aware).

    Raises:
        TimeoutError: the stream does not answer.
        BusError: it cannot be read.
    """
    subject = f"gl.{site}.clean.*.{sensor_id}"
    buckets = Buckets(_ns(begin), _ns(end), points)
    async with asyncio.timeout(PATIENCE_SECONDS):
        count = await _count(bus, subject, begin, end + LATE)
        whole = count <= MAX_MESSAGES
        if whole:
            await _read(bus, subject, begin, end, buckets)
        else:
            await _look_into(bus, subject, begin, end, points, buckets)
    return History(
        sensor_id,
        buckets.quantity,
        buckets.unit,
        buckets.raw_unit,
        begin.timestamp() * 1000,
        end.timestamp() * 1000,
        whole,
        count,
        buckets.columns(),
        buckets.finished(),
    )


async def _count(bus: Bus, subject: str, begin: datetime, end: datetime) -> int:
    """Return how many messages were stored between two times."""
    firsts = [await since(bus, CLEAN, subject, time, 1) for time in (begin, end)]
    after_begin, after_end = (found[0].pending + 1 if found else 0 for found in firsts)
    return max(0, after_begin - after_end)


async def _read(bus: Bus, subject: str, begin: datetime, end: datetime, buckets: Buckets) -> None:
    last_ns, count = _ns(end + LATE), 0
    async for stored in replay(bus, CLEAN, subject, start_time=begin):
        if stored.time_ns > last_ns:
            return
        _take(stored, buckets)
        count += 1
        if count % BREATH == 0:
            await asyncio.sleep(0)


async def _look_into(
    bus: Bus, subject: str, begin: datetime, end: datetime, points: int, buckets: Buckets
) -> None:
    """Read the first messages of each stretch: as many of each, and not more than of a whole reading."""
    step = (end - begin) / points
    places = asyncio.Semaphore(AT_ONCE)

    async def one(at: int) -> None:
        async with places:
            for stored in await since(bus, CLEAN, subject, begin + at * step, max(1, MAX_MESSAGES // points)):
                _take(stored, buckets)

    async with asyncio.TaskGroup() as group:
        for at in range(points):
            group.create_task(one(at))


def _take(stored: Stored, buckets: Buckets) -> None:
    with contextlib.suppress(MessageError):
        buckets.take(decode(stored.data, CleanBatch, stored.headers.get(Header.CONTENT_TYPE)))


def _ns(time: datetime) -> int:
    return round(time.astimezone(UTC).timestamp() * SECOND_NS)
