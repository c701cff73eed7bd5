"""The bucket gl_tasks: each task's record, replaced only by who has seen what stands there."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from integrations.bus import (
    TASK_BUCKET,
    Ack,
    Bus,
    Outgoing,
    Publisher,
    Refusal,
    Stored,
    last,
    last_per_subject,
    listening,
    patiently,
)
from integrations.messages import ContentType, DecodeError, Header, TaskRecord, decode, encode

from . import machine

STREAM = f"KV_{TASK_BUCKET}"
PREFIX = f"$KV.{TASK_BUCKET}."
LOOK_SECONDS = 5.0
SOON_SECONDS = (0.02, 0.1, 0.5)
"""What is heard of a change may come before it is stored: it is looked for again after so long."""
KEPT_SECONDS = 24 * 3600
"""How long a task is known after its end."""


@dataclass(frozen=True, slots=True)
class Write:
    """A record to be written in place of the one of that revision; 0 where there is none."""

    record: TaskRecord
    revision: int


@dataclass(frozen=True, slots=True)
class Found:
    """A record as it stands in the bucket."""

    record: TaskRecord
    revision: int


class TaskStore:
    """Reads and writes records by compare-and-set."""

    def __init__(self, bus: Bus, publisher: Publisher) -> None:
        self._bus = bus
        self._publisher = publisher

    async def get(self, task_id: str) -> Found | None:
        """Return a task's record; None where there is none."""
        return found_in(await patiently(lambda: last(self._bus, STREAM, PREFIX + task_id)))

    async def changes(self, task_id: str, *, now: bool = True) -> AsyncGenerator[Found | None, None]:
        """Yield how a task is whenever that may have changed; first of all as it is `now`."""
        changed = asyncio.Event()
        soon: Iterator[float] = iter(())
        async with listening(self._bus, PREFIX + task_id, lambda *_: changed.set()):
            while True:
                changed.clear()
                if now:
                    yield await self.get(task_id)
                now = True
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(next(soon, LOOK_SECONDS)):
                        await changed.wait()
                        soon = iter(SOON_SECONDS)

    async def every(self) -> AsyncIterator[Found]:
        """Yield every record there is."""
        async for stored in last_per_subject(self._bus, STREAM, f"{PREFIX}*"):
            if found := found_in(stored):
                yield found

    async def write(self, writes: Sequence[Write]) -> list[int | None]:
        """Write records; returns the new revision of each, None where somebody was faster."""
        messages = [_outgoing(write) for write in writes]
        outcomes = await self._publisher.publish_each(messages)
        return [
            await self._revision(message, outcome)
            for message, outcome in zip(messages, outcomes, strict=True)
        ]

    async def _revision(self, message: Outgoing, outcome: Ack | Refusal) -> int | None:
        if isinstance(outcome, Ack):
            return outcome.seq
        # what was sent again because its acknowledgement was lost is refused too: look whether it is there
        stored = await patiently(lambda: last(self._bus, STREAM, message.subject))
        return stored.sequence if stored is not None and stored.data == message.payload else None


def found_in(stored: Stored | None) -> Found | None:
    """Return the record of a message in the bucket; None where it is none of ours."""
    if stored is None or not stored.data:
        return None
    try:
        return Found(
            decode(stored.data, TaskRecord, stored.headers.get(Header.CONTENT_TYPE)), stored.sequence
        )
    except DecodeError:
        return None


def _outgoing(write: Write) -> Outgoing:
    headers = {
        Header.CONTENT_TYPE.value: ContentType.JSON.value,
        Header.EXPECTED_SEQUENCE.value: str(write.revision),
    }
    if machine.ended(write.record):
        headers[Header.TTL.value] = f"{KEPT_SECONDS}s"
    return Outgoing(PREFIX + write.record.task_id, encode(write.record), headers)
