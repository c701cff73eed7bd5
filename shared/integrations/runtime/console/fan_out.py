"""One picture of the plant for all browsers: what comes from the bus goes into each one's mailbox."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import msgspec

from integrations.messages import CleanBatch, Event
from integrations.runtime.console.mailbox import Mailbox
from integrations.runtime.console.repeats import Repeats
from integrations.runtime.console.rows import STANDING, TIME, Row, described, valued

TICK_SECONDS = 0.2
"""How often values are handed out; whatever comes in between, the newest counts."""
REMEMBERED_EVENTS = 500
MAX_SENSORS = 100_000

_encode = msgspec.json.Encoder().encode


class FanOut:
    """Never waits for a browser: mailboxes are bounded, and who does not read finds the newest there."""

    def __init__(self) -> None:
        self.events = Repeats(REMEMBERED_EVENTS)
        self.watched = asyncio.Event()
        """Set while there is a browser; what has to be asked for is asked for then only."""
        self._numbers: dict[str, int] = {}
        self._batches: dict[str, CleanBatch] = {}
        self._sensors: dict[int, bytes] = {}
        self._rows: dict[int, bytes] = {}
        self._turned: dict[int, tuple[float | None, float | None]] = {}
        """How each sensor stands, and since when."""
        self._topics: dict[str, bytes] = {}
        self._changed: dict[str, CleanBatch | None] = {}
        self._mailboxes: set[Mailbox] = set()

    def __len__(self) -> int:
        return len(self._mailboxes)

    @property
    def sensors(self) -> int:
        """How many are known."""
        return len(self._batches)

    def batch_of(self, sensor_id: str) -> CleanBatch | None:
        """Return the last reading of a sensor."""
        return self._batches.get(sensor_id)

    def take(self, sensor_id: str, batch: CleanBatch | None) -> None:
        """Take a sensor's newest reading; None when it is gone."""
        if sensor_id in self._numbers or len(self._numbers) < MAX_SENSORS:
            self._changed[sensor_id] = batch

    def take_event(self, event: Event) -> None:
        """Take what has happened."""
        self.events.take(event)
        body = _encode(event)
        for mailbox in self._mailboxes:
            mailbox.put_event(body)

    def show(self, topic: str, state: Any) -> None:
        """Show the present state of something; what has not changed is not sent again."""
        body = _encode(state)
        if self._topics.get(topic) != body:
            self._topics[topic] = body
            for mailbox in self._mailboxes:
                mailbox.put_topic(topic, body)

    @contextlib.contextmanager
    def joined(self) -> Iterator[Mailbox]:
        """Yield the mailbox of a browser, with all that there is in it."""
        mailbox = Mailbox()
        mailbox.put(self._sensors, self._rows)
        for topic, body in self._topics.items():
            mailbox.put_topic(topic, body)
        for event in self.events:
            mailbox.put_event(_encode(event))
        self._mailboxes.add(mailbox)
        self.watched.set()
        try:
            yield mailbox
        finally:
            self._mailboxes.discard(mailbox)
            if not self._mailboxes:
                self.watched.clear()

    def close(self) -> None:
        """Let every browser's stream end."""
        for mailbox in self._mailboxes:
            mailbox.close()

    async def hand_out(self) -> None:
        """Hand out what has changed, a few times a second, for ever."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self.tick()

    def tick(self) -> None:
        """Hand out what has changed."""
        if not self._changed:
            return
        changed, self._changed = self._changed, {}
        sensors: dict[int, bytes] = {}
        rows: dict[int, bytes] = {}
        for sensor_id, batch in changed.items():
            number = self._numbers.setdefault(sensor_id, len(self._numbers))
            if batch is None:
                self._batches.pop(sensor_id, None)
                self._sensors.pop(number, None)
                self._rows.pop(number, None)
                self._turned.pop(number, None)
                sensors[number] = _encode([number, None])
                continue
            self._batches[sensor_id] = batch
            description = _encode([number, described(batch)])
            if self._sensors.get(number) != description:
                self._sensors[number] = sensors[number] = description
            row = valued(batch)
            self._rows[number] = rows[number] = _encode([number, *row, self._since(number, row)])
        for mailbox in self._mailboxes:
            mailbox.put(sensors, rows)

    def _since(self, number: int, row: Row) -> float | None:
        """Return since when (ms) the sensor has stood as it does; 0 where that was so when it came."""
        known = self._turned.get(number)
        if known is None or known[0] != row[STANDING]:
            known = (row[STANDING], row[TIME] if known else 0)
            self._turned[number] = known
        return known[1]
