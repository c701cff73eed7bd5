"""Reading stored messages directly (ADR-31): no consumer, no acknowledgement, nothing left behind."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from nats import errors
from nats.aio.msg import Msg

from integrations.bus.connection import Bus
from integrations.bus.errors import BusClosedError, JetStreamError, JetStreamUnavailableError
from integrations.resilience import Backoff

BATCH = 500
"""Messages per answer; the server refuses to look up more than 1024 subjects at once."""
BATCH_BYTES = 8 * 1024 * 1024

_PATIENCE = Backoff(0.1, max_seconds=2.0)
_END_OF_BATCH = "204"
_NOT_FOUND = "404"
_STORED_AT = "Nats-Time-Stamp"
_UP_TO = "Nats-UpTo-Sequence"
"""Header at the end of an answer: how far the stream had come where it was read."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A message as it stands in a stream."""

    subject: str
    headers: dict[str, str]
    data: bytes
    sequence: int
    pending: int
    """Messages that match and come later."""

    @property
    def time_ns(self) -> int:
        """When the stream stored it, in UTC nanoseconds; 0 where the server does not say."""
        text = self.headers.get(_STORED_AT, "")
        if not text:
            return 0
        seconds, _, fraction = text.removesuffix("Z").partition(".")
        whole = int(datetime.fromisoformat(f"{seconds}+00:00").timestamp())
        return whole * 1_000_000_000 + int(fraction.ljust(9, "0")[:9] or 0)


async def replay(
    bus: Bus,
    stream: str,
    subject: str,
    *,
    start_time: datetime | None = None,
    start_sequence: int = 1,
    stop_sequence: int | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Stored]:
    """Yield the messages of `subject` (wildcards allowed) in stream order; waits through outages.

    From `start_time` (aware) if given, else `start_sequence`, up to and with `stop_sequence`, else up to the
    end as it is when reached.
    """
    start: dict[str, Any] = {"start_time": start_time.isoformat()} if start_time else {"seq": start_sequence}
    while True:
        query = {**start, "next_by_subj": subject, "batch": BATCH, "max_bytes": BATCH_BYTES}
        messages = await _patiently(bus, stream, query, sleep)
        for message in messages:
            if stop_sequence is not None and message.sequence > stop_sequence:
                return
            yield message
        if not messages or not messages[-1].pending:
            return
        start = {"seq": messages[-1].sequence + 1}


async def last_per_subject(
    bus: Bus,
    stream: str,
    subject: str,
    *,
    at_least: int = 0,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Stored]:
    """Yield the last message of every subject that matches `subject`; waits through outages.

    A copy of the stream that has not come to sequence `at_least` yet is not believed: any of them may answer.
    """
    subjects = await subjects_of(bus, stream, subject)
    for first in range(0, len(subjects), BATCH):
        names = subjects[first : first + BATCH]
        while names:
            query = {"multi_last": names, "batch": BATCH, "max_bytes": BATCH_BYTES}
            messages = await _patiently(bus, stream, query, sleep, at_least)
            for message in messages:
                yield message
            if not messages or not messages[-1].pending:
                break
            seen = {message.subject for message in messages}
            names = [name for name in names if name not in seen]


async def last(bus: Bus, stream: str, subject: str) -> Stored | None:
    """The last message of one subject, None when there is none."""
    messages = await _batch(bus, stream, {"multi_last": [subject], "batch": 1})
    return messages[0] if messages else None


async def subjects_of(bus: Bus, stream: str, subject: str) -> list[str]:
    """Every subject in the stream that matches `subject`."""
    found: list[str] = []
    while True:
        query = {"subjects_filter": subject, "offset": len(found)}
        info = await bus.api(f"STREAM.INFO.{stream}", query)
        page = info["state"].get("subjects") or {}
        found.extend(page)
        if not page or len(found) >= info.get("total", 0):
            return found


async def since(bus: Bus, stream: str, subject: str, start_time: datetime, limit: int) -> list[Stored]:
    """The first few messages of `subject` that were stored at `start_time` (aware) or later.

    `pending` of the last says how many more there are.

    Raises:
        JetStreamUnavailableError: no answer.
    """
    query = {"start_time": start_time.isoformat(), "next_by_subj": subject, "batch": limit}
    return await _batch(bus, stream, query | {"max_bytes": BATCH_BYTES})


async def newest(bus: Bus, stream: str, subject: str, *, at_least: int = 0) -> list[Stored]:
    """The last message of each of the few subjects that match `subject`, as many as one answer takes."""
    return await _batch(bus, stream, {"multi_last": [subject], "batch": BATCH}, at_least)


async def _patiently(
    bus: Bus,
    stream: str,
    query: dict[str, Any],
    sleep: Callable[[float], Awaitable[None]],
    at_least: int = 0,
) -> list[Stored]:
    attempt = 0
    while True:
        try:
            return await _batch(bus, stream, query, at_least)
        except JetStreamUnavailableError:
            await sleep(_PATIENCE.ceiling(attempt))
            attempt += 1


async def _batch(
    bus: Bus, stream: str, query: dict[str, Any], at_least: int = 0, timeout_seconds: float = 5.0
) -> list[Stored]:
    """One direct get: its messages, once the server has said that these were all."""
    messages: list[Stored] = []
    ended: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()

    async def collect(msg: Msg) -> None:
        headers = msg.headers or {}
        if "Status" not in headers:
            messages.append(_stored(headers, msg.data))
        elif not ended.done():
            ended.set_result(headers)

    inbox = bus.client.new_inbox()
    try:
        subscription = await bus.client.subscribe(inbox, cb=collect)
        try:
            await bus.client.publish(f"$JS.API.DIRECT.GET.{stream}", msgspec.json.encode(query), reply=inbox)
            async with asyncio.timeout(timeout_seconds):
                headers = await ended
        finally:
            with contextlib.suppress(errors.Error):
                await subscription.unsubscribe()
    except errors.ConnectionClosedError as error:
        raise BusClosedError(f"bus closed while reading {stream}") from error
    except (errors.Error, TimeoutError) as error:
        raise JetStreamUnavailableError(f"no answer from {stream} to a direct get: {error}") from error
    _check_status(stream, headers)
    if messages and int(headers.get(_UP_TO, at_least)) < at_least:
        raise JetStreamUnavailableError(f"{stream}: a copy that lags behind sequence {at_least} has answered")
    return messages


def _check_status(stream: str, headers: dict[str, str]) -> None:
    status = headers["Status"]
    if status in {_END_OF_BATCH, _NOT_FOUND}:
        return
    text = headers.get("Description", "")
    if status.startswith("5"):
        raise JetStreamUnavailableError(f"{stream}: direct get answers {status} {text}")
    raise JetStreamError(f"DIRECT.GET.{stream}", int(status), 0, text)


def _stored(headers: dict[str, str], data: bytes) -> Stored:
    return Stored(
        subject=headers["Nats-Subject"],
        headers=headers,
        data=data,
        sequence=int(headers["Nats-Sequence"]),
        pending=int(headers.get("Nats-Num-Pending", 0)),
    )
