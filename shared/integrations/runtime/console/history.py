"""The past of a sensor from CLEAN, for a chart: read whole where it is little, else piece by piece."""

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta

from msgspec import Struct

from integrations.bus import Bus
from integrations.runtime.console.asked import Range
from integrations.runtime.console.buckets import Buckets, Statistics
from integrations.runtime.console.stored import Past, count_of, read_on, sample

MAX_MESSAGES = 20_000
"""What is read whole at once; of more, as many are looked at for the first answer."""
MOST_MESSAGES = 2_000_000
"""What is read whole at all, for whoever asks again."""
KEPT = 32
"""Long histories that are being read, or have been: some 20 MB. With more at once, none would be through."""
PIECE_SECONDS = 2.0
PATIENCE_SECONDS = 20.0
LATE = timedelta(minutes=1)
"""How much later than measured a reading may be stored, and still be found."""


class History(Struct):
    """A series as a chart wants it; `whole` says whether every stored sample is in it."""

    sensor_id: str
    quantity: str
    unit: str
    raw_unit: str
    begin: float
    end: float
    whole: bool
    more: bool
    """Whether there is more in the answer if the same is asked again."""
    read: float
    """Which part of the messages has been read, from the beginning on; of the rest some were looked at."""
    messages: int
    """How many there are in the stream."""
    columns: dict[str, list[float | None]]
    statistics: Statistics


class Histories:
    """Reads histories; who asks again for a long one gets more of it each time."""

    def __init__(self, bus: Bus, site: str) -> None:
        self._bus = bus
        self._site = site
        self._long: OrderedDict[Range, _Long] = OrderedDict()

    async def read(self, asked: Range) -> History:
        """Return at most `points` stretches of a sensor's readings between two times.

        Raises:
            TimeoutError: the stream does not answer.
            BusError: it cannot be read.
        """
        async with asyncio.timeout(PATIENCE_SECONDS):
            known = self._long.get(asked) or await self._begun(asked)
            if asked in self._long:
                self._long.move_to_end(asked)
            await known.go_on()
        return known.history()

    async def _begun(self, asked: Range) -> "_Long":
        past = Past(self._bus, f"gl.{self._site}.clean.*.{asked.sensor_id}", asked.begin, asked.end + LATE)
        begun = _Long(asked, past, await count_of(past))
        if begun.count > MAX_MESSAGES:
            await sample(past, asked.end, asked.points, MAX_MESSAGES, begun.sampled)
            self._long[asked] = begun
            if len(self._long) > KEPT:
                self._long.popitem(last=False)
        return begun


class _Long:
    """A history: as far as it has been read, and what is known of the rest."""

    def __init__(self, asked: Range, past: Past, count: int) -> None:
        self.count = count
        self.sampled, self._read = (Buckets(_ns(asked.begin), _ns(asked.end), asked.points) for _ in range(2))
        self._asked, self._past = asked, past
        self._answered = count <= MAX_MESSAGES
        self._whole = False
        self._going_on = asyncio.Lock()

    async def go_on(self) -> None:
        """Read a piece; a short one whole, a long one after the first answer, which says what is known."""
        if not self._answered:
            self._answered = True
            return
        seconds = PIECE_SECONDS if self.count > MAX_MESSAGES else PATIENCE_SECONDS
        async with self._going_on:
            if not self._whole and self.count <= MOST_MESSAGES:
                self._whole = await read_on(self._past, self._read, seconds)

    def history(self) -> History:
        """Return it as it is known now."""
        known = self._read if self._whole or not self.sampled.statistics.samples else self.sampled
        at_ms = self._past.newest_ns / 1e6
        return History(
            self._asked.sensor_id,
            known.quantity,
            known.unit,
            known.raw_unit,
            self._asked.begin.timestamp() * 1000,
            self._asked.end.timestamp() * 1000,
            self._whole,
            not self._whole and self.count <= MOST_MESSAGES,
            1.0 if self._whole else min(1.0, self._past.messages / self.count),
            self.count,
            known.columns() if known is self._read else _joined(self._read.columns(), known.columns(), at_ms),
            known.finished(),
        )


def _joined(
    read: dict[str, list[float | None]], sampled: dict[str, list[float | None]], at_ms: float
) -> dict[str, list[float | None]]:
    """Return columns of what was read up to a time, and of what is known behind it."""
    before = sum(time < at_ms for time in read["time"] if time is not None)
    after = sum(time < at_ms for time in sampled["time"] if time is not None)
    return {name: read[name][:before] + sampled[name][after:] for name in sampled}


def _ns(time: datetime) -> int:
    return round(time.timestamp() * 1_000_000_000)
