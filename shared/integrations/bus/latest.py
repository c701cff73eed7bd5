"""The last value of each key in a key-value bucket (ADR-8): put, get, watch."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass

from nats import errors
from nats.aio.msg import Msg

from .connection import Bus, BusEvent, BusEventKind
from .errors import BusClosedError
from .publishing.outgoing import Outgoing
from .reading.direct import last, last_per_subject
from .streams import LATEST_BUCKET

QUEUE_KEYS = 100_000


@dataclass(frozen=True, slots=True)
class Value:
    """What stands under a key."""

    key: str
    data: bytes
    headers: dict[str, str]


class Latest:
    """Reads and writes one bucket; values go as ordinary messages and share a publisher's window."""

    def __init__(self, bus: Bus, bucket: str = LATEST_BUCKET) -> None:
        self._bus = bus
        self._stream = f"KV_{bucket}"
        self._prefix = f"$KV.{bucket}."

    def outgoing(
        self, key: str, data: bytes, headers: Mapping[str, str] | None = None, message_id: str = ""
    ) -> Outgoing:
        """The message that puts `data` under `key`: to be published with all the others."""
        return Outgoing(self._prefix + key, data, dict(headers or {}), message_id)

    async def get(self, key: str) -> Value | None:
        """The value under `key`, None when there is none."""
        stored = await last(self._bus, self._stream, self._prefix + key)
        return self._value(stored.subject, stored.data, stored.headers) if stored else None

    async def watch(self, keys: str = ">") -> AsyncGenerator[Value, None]:
        """Yield the present value of every key that matches `keys`, then every later one.

        Live values come straight off the subjects, so a fast writer may be seen before its value is stored;
        after a reconnect the present values come again. Keys that wait to be read keep their newest value
        only. Raises BusClosedError when the bus is closed.
        """
        fresh: dict[str, Value] = {}
        wake = asyncio.Event()
        snapshot_due = True

        async def live(msg: Msg) -> None:
            if msg.subject in fresh or len(fresh) < QUEUE_KEYS:
                fresh[msg.subject] = self._value(msg.subject, msg.data, msg.headers or {})
                wake.set()

        def on_event(event: BusEvent) -> None:
            nonlocal snapshot_due
            if event.kind in {BusEventKind.RECONNECTED, BusEventKind.CLOSED, BusEventKind.SLOW_CONSUMER}:
                snapshot_due = True
                wake.set()

        unobserve = self._bus.observe(on_event)
        subscription = await self._bus.client.subscribe(self._prefix + keys, cb=live)
        try:
            while not self._bus.client.is_closed:
                wake.clear()
                if snapshot_due:
                    snapshot_due = False
                    async for value in self._snapshot(keys):
                        fresh.setdefault(self._prefix + value.key, value)  # a live one is newer
                while fresh:
                    yield fresh.pop(next(iter(fresh)))
                if not snapshot_due:
                    await wake.wait()
            raise BusClosedError("bus closed while watching")
        finally:
            unobserve()
            with contextlib.suppress(errors.Error):
                await subscription.unsubscribe()

    async def _snapshot(self, keys: str) -> AsyncIterator[Value]:
        async for stored in last_per_subject(self._bus, self._stream, self._prefix + keys):
            yield self._value(stored.subject, stored.data, stored.headers)

    def _value(self, subject: str, data: bytes, headers: dict[str, str]) -> Value:
        return Value(subject.removeprefix(self._prefix), data, headers)
