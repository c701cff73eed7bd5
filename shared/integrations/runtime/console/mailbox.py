"""What is still to be sent to one browser: the newest of everything, however slow it reads."""

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping

MAX_EVENTS = 500
"""Events that wait; the oldest make room."""
MAX_ROWS = 500
"""Sensors in one message."""

Rows = Mapping[int, bytes]


class Mailbox:
    """Holds one value for each sensor and topic, so that it never has more than there is to show."""

    def __init__(self) -> None:
        self._sensors: dict[int, bytes] = {}
        self._rows: dict[int, bytes] = {}
        self._topics: dict[str, bytes] = {}
        self._events: deque[bytes] = deque(maxlen=MAX_EVENTS)
        self._wake = asyncio.Event()
        self.closed = False

    def put(self, sensors: Rows, rows: Rows) -> None:
        """Take descriptions of sensors, and their values, each as JSON."""
        self._sensors.update(sensors)
        self._rows.update(rows)
        self._wake.set()

    def put_topic(self, topic: str, body: bytes) -> None:
        """Take the present state of something else."""
        self._topics[topic] = body
        self._wake.set()

    def put_event(self, body: bytes) -> None:
        """Take an event."""
        self._events.append(body)
        self._wake.set()

    def close(self) -> None:
        """Have whoever takes from it come to an end."""
        self.closed = True
        self._wake.set()

    async def take(self) -> list[bytes]:
        """Return all that waits as messages of an event stream, once there is something."""
        await self._wake.wait()
        self._wake.clear()
        return list(self._messages())

    def _messages(self) -> Iterator[bytes]:
        yield from _in_parts("sensors", _emptied(self._sensors))
        yield from _in_parts("values", _emptied(self._rows))
        topics, self._topics = self._topics, {}
        for topic, body in topics.items():
            yield message(topic, body)
        if self._events:
            events = list(self._events)
            self._events.clear()
            yield message("events", _listed(events))


def message(kind: str, body: bytes) -> bytes:
    """Return a message of an event stream; the body is JSON, which has no line ends."""
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), body)


def _emptied(waiting: dict[int, bytes]) -> list[bytes]:
    taken = list(waiting.values())
    waiting.clear()
    return taken


def _in_parts(kind: str, rows: list[bytes]) -> Iterator[bytes]:
    for first in range(0, len(rows), MAX_ROWS):
        yield message(kind, _listed(rows[first : first + MAX_ROWS]))


def _listed(bodies: list[bytes]) -> bytes:
    return b"[" + b",".join(bodies) + b"]"
