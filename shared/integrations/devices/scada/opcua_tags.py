"""Tags on an OPC UA server: read, reported by subscription, written, and looked up in its history."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import numpy as np
import structlog

from integrations.protocols.opcua import (
    HistoryUnavailableError,
    NodeError,
    NotConnectedError,
    OpcUaError,
    OpcUaTimeoutError,
    ServerLostError,
    ServerUnreachableError,
)
from integrations.protocols.opcua.client import (
    ChangeBatch,
    Deadband,
    EventKind,
    MonitoredTag,
    OpcUaSession,
    OpcUaValue,
    SessionEvent,
    SessionState,
    SubscriptionSettings,
)
from integrations.resilience import Backoff, ended

from .config import SCADAConnectionConfig
from .endpoint import endpoint_of, password_of
from .source import Report, TagSource
from .tags import TagConfig
from .values import TagReading

log = structlog.get_logger(__name__)

KNOCK = Backoff(0.25, 2.0, 3.0, jitter=True)
"""Waits of a server that was not there at first, as a session has them for one that was lost."""
ABSENT = (ServerUnreachableError, ServerLostError, OpcUaTimeoutError)
"""What waiting helps against; a wrong password or certificate is tried again at the pace of the breaker."""
MOST_REPORTS = 2000
"""Publications that wait to be taken; beyond that the oldest is dropped."""
WITHOUT_HISTORY = {0x800B0000, 0x801F0000, 0x803D0000, 0x80710000, 0x80720000}
"""BadServiceUnsupported, BadUserAccessDenied, BadNotSupported, BadHistoryOperationInvalid and -Unsupported.

They hold for good; BadNoData and others are about one outage."""
HISTORIES_AT_ONCE = 16
MOST_PAST = 10_000
"""Values of one tag that are read after an outage."""
AHEAD_NS = 86_400_000_000_000
"""History is read up to now by whatever clock the server has: a time zone taken for UTC is within a day."""


class OpcUaTags(TagSource):
    """One session; it comes back by itself with its subscription, and says so by `on_back`."""

    def __init__(
        self,
        config: SCADAConnectionConfig,
        *,
        now_ns: Callable[[], int] = time.time_ns,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.reports = deque()
        self._config = config
        self._now_ns = now_ns
        self._sleep = sleep
        self._nodes = [tag.node_text for tag in config.table]
        self._places: dict[str, list[int]] = {}
        for at, node in enumerate(self._nodes):
            self._places.setdefault(node, []).append(at)
        self._without_history: set[int] = set()
        self._session: OpcUaSession | None = None
        self._knocking: asyncio.Task[None] | None = None
        self._absence: OpcUaError | None = None

    async def open(self) -> None:
        """Make sure that the session is with its server; raises at once while it is on its way back."""
        if self._session is None:
            self._session = OpcUaSession(
                endpoint_of(self._config, password_of(self._config)),
                on_event=self._on_event,
                now_ns=self._now_ns,
            )
        if self._knocking and not self._knocking.done() and self._absence:
            raise _not_there(self._absence)
        try:
            await self._session.open()
        except ABSENT as error:
            self._absence = error
            if self._knocking is None or self._knocking.done():
                knock = self._knock(self._session)
                self._knocking = asyncio.create_task(knock, name=f"knock at {error.server}")
            raise
        self.connection = self._session
        if self._session.state is not SessionState.OPEN:
            raise _not_there(self._session.last_error)

    async def close(self) -> None:
        """Close the session."""
        knocking, self._knocking = self._knocking, None
        await ended(knocking)
        session, self._session, self.connection = self._session, None, None
        self.reports.clear()
        if session:
            await session.close()

    async def read(self, tags: Sequence[int]) -> list[TagReading]:
        """Ask for the present values of `tags`, in as few requests as the server allows."""
        values = await self._open_session.read([self._nodes[at] for at in tags])
        return [_reading(at, value) for at, value in zip(tags, values, strict=True)]

    async def write(self, tag: int, value: Any) -> str:
        """Write a value in the node's own type; return why the server refused it."""
        try:
            await self._open_session.write(self._nodes[tag], value)
        except NodeError as error:
            return str(error)
        return ""

    def is_same(self, tag: int, wanted: Any, found: Any) -> bool:  # noqa: ARG002 - a value tells its own type
        """Whether the values are equal, in the digits of a Float where it has no more."""
        if isinstance(wanted, float) and isinstance(found, float):
            return found in {wanted, float(np.float32(wanted))}
        return bool(found == wanted)

    async def follow(self) -> None:
        """Subscribe to all tags; each is sampled at its scan rate."""
        await self._open_session.subscribe(
            [_monitored(tag) for tag in self._config.table],
            self._on_changes,
            SubscriptionSettings(publishing_interval_ms=self._config.subscription_interval_ms),
        )

    def keeps_history(self, tag: int) -> bool:
        """Whether the server may have a tag's history: until it has said that it has none."""
        return self._config.backfill_seconds > 0 and tag not in self._without_history

    async def history(self, since_ns: Mapping[int, int]) -> list[TagReading]:
        """Return what tags were after a time of their own, a few tags at a time, while there is time.

        Raises:
            NotConnectedError: the session was lost on the way.
        """
        session, until_ns = self._open_session, self._now_ns() + AHEAD_NS
        room = asyncio.Semaphore(HISTORIES_AT_ONCE)

        async def read(tag: int, from_ns: int) -> list[TagReading]:
            async with room:
                return await self._past(session, tag, from_ns, until_ns)

        reading: list[asyncio.Task[list[TagReading]]] = []
        try:
            async with asyncio.timeout(self._config.timeout_seconds), asyncio.TaskGroup() as group:
                reading += [group.create_task(read(tag, from_ns)) for tag, from_ns in since_ns.items()]
        except TimeoutError:
            missing = sum(task.cancelled() for task in reading)
            log.warning("the server is slow with its history: it is left out", tags=missing)
        if session.state is not SessionState.OPEN:
            raise _not_there(session.last_error)
        return [past for task in reading if not task.cancelled() for past in task.result()]

    async def _past(self, session: OpcUaSession, tag: int, since_ns: int, until_ns: int) -> list[TagReading]:
        name = self._config.table[tag].tag_name
        try:
            values = await session.history(self._nodes[tag], since_ns + 1, until_ns, most=MOST_PAST)
        except OpcUaError as error:
            if isinstance(error, HistoryUnavailableError) and error.status in WITHOUT_HISTORY:
                log.info("no history of a tag", tag=name, reason=error.what)
                self._without_history.add(tag)
            elif not isinstance(error, NodeError):  # a tag that is gone says so by its next reading
                log.warning("history was not read", tag=name, reason=error.what)
            return []
        return [_reading(tag, value) for value in values]

    @property
    def _open_session(self) -> OpcUaSession:
        if self._session is None:
            raise NotConnectedError("the session is closed", server=self._config.host)
        return self._session

    async def _knock(self, session: OpcUaSession) -> None:
        """Try to open the session until the server is there, or refuses."""
        rng = random.Random()  # noqa: S311 - spreads attempts in time, protects no secret
        attempt = 0
        while True:
            await self._sleep(KNOCK.delay(attempt, rng))
            attempt += 1
            try:
                await session.open()
            except ABSENT as error:
                self._absence = error
                continue
            except OpcUaError as error:
                log.warning("the server is there and refuses", server=error.server, reason=error.what)
            break
        self._absence = None
        if self.on_back:
            self.on_back()

    def _on_changes(self, batch: ChangeBatch) -> None:
        places = self._places
        readings = [_reading(at, value) for value in batch.values for at in places[value.node]]
        if len(self.reports) >= MOST_REPORTS:
            self.reports_dropped += len(self.reports.popleft().readings)
        self.reports.append(Report(readings))

    def _on_event(self, event: SessionEvent) -> None:
        # The gap stands before whatever the next connection reports, which begins before RECONNECTED is told.
        if event.kind is EventKind.DISCONNECTED and not (self.reports and self.reports[-1].is_gap):
            self.reports.append(Report([], is_gap=True))
        if event.kind is EventKind.RECONNECTED and self.on_back:
            self.on_back()


def _not_there(error: OpcUaError | None) -> NotConnectedError:
    what = f"no session: {error.what}" if error else "the session is on its way back"
    return NotConnectedError(what, server=error.server if error else "", code=error.status if error else None)


def _reading(tag: int, value: OpcUaValue) -> TagReading:
    return TagReading(
        tag, value.value, value.status, value.source_time_ns, value.server_time_ns, value.data_type
    )


def _monitored(tag: TagConfig) -> MonitoredTag:
    return MonitoredTag(
        tag.node_text,
        Deadband.ABSOLUTE if tag.deadband else Deadband.NONE,
        tag.deadband,
        tag.scan_rate,
        tag.queue_size,
    )
