"""Pipelined publishing to JetStream: everything is sent again until the server has it.

nats-py's `publish_async` loses slots on error acks and futures on reconnect, so this is built on plain
publishes with a reply inbox of our own.
"""

import asyncio
import contextlib
import itertools
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import msgspec
import structlog
from nats import errors
from nats.aio.subscription import Subscription

from integrations.bus.client import Heard
from integrations.bus.connection import Bus, BusEvent, BusEventKind
from integrations.bus.errors import (
    BusClosedError,
    BusForbiddenError,
    JetStreamError,
    JetStreamUnavailableError,
)
from integrations.bus.wire import NotSendableError

from .doubt import Doubt
from .flights import Batch, Flight
from .outgoing import Ack, Outgoing, PublishRefusedError, Refusal, decode_answer
from .standstill import STANDSTILL_SECONDS, Standstill

log = structlog.get_logger(__name__)

NO_RESPONDERS = "503"
REMEMBERED_SECONDS = 100.0
"""For how long a server surely knows an id: the duplicate window of our streams, less what clocks differ."""


@dataclass(slots=True)
class PublishStatistics:
    """Counts since the publisher was opened."""

    published: int = 0
    acked: int = 0
    duplicates: int = 0
    resent: int = 0
    refused: int = 0


class Publisher:
    """Publishes batches with a bounded window of unacknowledged messages.

    Order: per subject the stream has messages in the order they were given, whatever is lost, refused for
    the moment or sent again, because the next message of a subject leaves only when the one before is
    stored. Speed comes from many subjects at once (one subject alone: one message per round trip). Messages
    that name a lane go one after the other in it instead.

    Sent again under the same Nats-Msg-Id: after `deadline_seconds` without an ack, after a reconnect, and
    when the server has no room or no leader for the moment. Where the server may have forgotten the id by
    then, the stream is asked first whether it has the message.
    """

    def __init__(
        self,
        bus: Bus,
        *,
        window_messages: int = 1000,
        window_bytes: int = 8 * 1024 * 1024,
        deadline_seconds: float = 5.0,
        remembered_seconds: float = REMEMBERED_SECONDS,
        standstill_seconds: float = STANDSTILL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.statistics = PublishStatistics()
        self._bus = bus
        self._window_messages = window_messages
        self._window_bytes = window_bytes
        self._deadline_seconds = deadline_seconds
        self._remembered_seconds = remembered_seconds
        self._standstill = Standstill(standstill_seconds)
        self._clock = clock
        self._connected_at = clock()
        self._tokens = itertools.count()
        self._inbox = ""
        self._lanes: dict[str, deque[Flight]] = {}  # per lane or subject: the head is ready or in flight
        self._ready: deque[Flight] = deque()
        self._in_flight: dict[str, Flight] = {}  # in the order of their deadlines
        self._not_now: list[Flight] = []
        self._asking: set[asyncio.Task[None]] = set()
        self._bytes_in_flight = 0
        self._subscription: Subscription | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self._unobserve: Callable[[], None] | None = None

    async def __aenter__(self) -> Self:
        self._inbox = self._bus.client.new_inbox() + "."
        self._subscription = await self._bus.client.hear(self._inbox + "*", self._on_answer)
        self._unobserve = self._bus.observe(self._on_bus_event)
        self._sweeper = asyncio.create_task(self._sweep(), name="publisher sweeper")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._unobserve:
            self._unobserve()
        if self._sweeper:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        if self._subscription:
            with contextlib.suppress(errors.Error):
                await self._subscription.unsubscribe()
        self._sweeper = self._subscription = None
        self._fail_all("publisher closed")

    @property
    def trouble(self) -> str:
        """Why nothing is stored although the bus is there, in words; empty while there is nothing wrong."""
        if not self._bus.connected:
            return ""
        heads = (lane[0] for lane in self._lanes.values())
        return self._standstill.trouble(heads, self._clock(), self._connected_at)

    async def publish_all(self, messages: Sequence[Outgoing]) -> list[Ack]:
        """Store all of `messages`; returns their acks in the same order, once every one is stored.

        Waits through outages; a caller that cancels withdraws what the server has not got yet.

        Raises:
            PublishRefusedError: some can never be stored (too large, malformed, forbidden); the rest is.
            BusClosedError: publisher or bus were closed before all were stored.
        """
        outcomes = await self.publish_each(messages)
        if refusals := [outcome for outcome in outcomes if isinstance(outcome, Refusal)]:
            raise PublishRefusedError(refusals)
        return [outcome for outcome in outcomes if isinstance(outcome, Ack)]

    async def publish_each(self, messages: Sequence[Outgoing]) -> list[Ack | Refusal]:
        """Store what can be stored of `messages`; returns what became of each, in the same order.

        Raises:
            BusClosedError: publisher or bus were closed before all were settled.
        """
        return await self.begin(messages).all_settled() if messages else []

    def begin(self, messages: Sequence[Outgoing]) -> Batch:
        """Put `messages` on their way, behind those that are; returns the batch to wait for.

        Raises:
            BusClosedError: publisher or bus are closed.
        """
        if self._sweeper is None or self._bus.client.is_closed:
            raise BusClosedError("publisher is not open")
        batch = Batch(len(messages))
        for index, message in enumerate(messages):
            self._enqueue(Flight(batch, index, message, str(next(self._tokens))))
        self._pump()
        return batch

    def _enqueue(self, flight: Flight) -> None:
        lane = self._lanes.get(flight.lane)
        if lane is None:
            self._lanes[flight.lane] = deque((flight,))
            self._ready.append(flight)
        else:
            lane.append(flight)

    def _pump(self) -> None:
        """Send what is ready while the window has room."""
        if not self._ready or not self._bus.connected:
            return
        now = self._clock()
        commands: list[bytes] = []
        doubtful: list[Flight] = []
        while (
            self._ready
            and len(self._in_flight) < self._window_messages
            and self._bytes_in_flight < self._window_bytes
        ):
            flight = self._ready.popleft()
            flight.began = flight.began or now
            if flight.batch.done.done():
                self._next_in_lane(flight)
            elif flight.doubt:
                doubtful.append(flight)
            elif self._built(flight):
                flight.deadline = now + self._deadline_seconds
                flight.sent = flight.sent or now
                self._in_flight[flight.token] = flight
                self._bytes_in_flight += len(flight.command)
                commands.append(flight.command)
        if commands:
            self.statistics.published += len(commands)
            self._bus.client.write_soon(b"".join(commands))
        if doubtful:
            asking = asyncio.create_task(self._ask(doubtful), name="publisher in doubt")
            self._asking.add(asking)
            asking.add_done_callback(self._asking.discard)

    async def _ask(self, doubtful: Sequence[Flight]) -> None:
        """Settle what is in its stream already, and send the rest."""
        for at, flight in enumerate(doubtful):
            try:
                ack = await flight.doubt.stored_as(self._bus, flight.message) if flight.doubt else None
            except BusClosedError:
                return
            except BusForbiddenError:
                ack = None  # better twice than never
            except (JetStreamError, JetStreamUnavailableError) as error:
                flight.reason = f"whether it is stored already cannot be asked: {error}"
                self._not_now += doubtful[at:]
                return
            except Exception:
                log.exception("nobody can say what is stored; asked again", subject=flight.message.subject)
                self._not_now += doubtful[at:]
                return
            flight.doubt, flight.sent = None, None
            if ack and not flight.batch.done.done():
                self._settle(flight, ack)
            else:
                self._ready.append(flight)
            self._pump()

    def _built(self, flight: Flight) -> bool:
        try:
            flight.command = flight.command or flight.build(self._inbox, self._bus.client.max_payload)
        except NotSendableError as error:
            self._refuse(flight, str(error))
            return False
        return True

    def _on_answer(self, msg: Heard) -> None:
        flight = self._in_flight.get(msg.subject[len(self._inbox) :])
        if flight is None:
            return  # the answer to an earlier sending of something that is settled
        if msg.headers.get("Status") == NO_RESPONDERS:
            self._postpone(flight, "no stream takes this subject")
            return
        try:
            answer = decode_answer(msg.data)
        except msgspec.MsgspecError as error:
            self._postpone(flight, f"unreadable acknowledgement: {error}")
            return
        if answer.error is None:
            self._stored(flight, Ack(answer.stream, answer.seq, answer.duplicate))
        elif answer.error.final_for(flight.message):
            self._land(flight)
            reason = f"{answer.error.description} ({answer.error.err_code})"
            self._refuse(flight, reason, answer.error.err_code)
        else:
            self._postpone(flight, answer.error.description)
        self._pump()

    def _stored(self, flight: Flight, ack: Ack) -> None:
        self._land(flight)
        self._settle(flight, ack)

    def _settle(self, flight: Flight, ack: Ack) -> None:
        self.statistics.acked += 1
        self.statistics.duplicates += ack.duplicate
        flight.batch.settle(flight.index, ack)
        self._next_in_lane(flight)

    def _refuse(self, flight: Flight, reason: str, code: int = 0) -> None:
        self.statistics.refused += 1
        flight.batch.settle(flight.index, Refusal(flight.message, reason, code))
        self._next_in_lane(flight)

    def _land(self, flight: Flight) -> None:
        del self._in_flight[flight.token]
        self._bytes_in_flight -= len(flight.command)

    def _next_in_lane(self, flight: Flight) -> None:
        lane = self._lanes[flight.lane]
        lane.popleft()
        if lane:
            self._ready.append(lane[0])
        else:
            del self._lanes[flight.lane]

    def _postpone(self, flight: Flight, reason: str) -> None:
        """Try again with the next sweep, not at once."""
        self._land(flight)
        if not self._not_now and reason != flight.reason:
            log.warning("publish postponed", subject=flight.message.subject, reason=reason)
        flight.reason = reason
        self._not_now.append(flight)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self._deadline_seconds / 10)
            self._send_again([*self._not_now, *self._late()])
            self._standstill.look(self.trouble, self.statistics.acked)

    def _late(self) -> Iterator[Flight]:
        now = self._clock()
        return itertools.takewhile(lambda flight: flight.deadline <= now, self._in_flight.values())

    def _send_again(self, flights: Sequence[Flight]) -> None:
        for flight in flights:
            if flight.token in self._in_flight:
                self._land(flight)
            flight.command = b""  # the next server may take less
        self._not_now.clear()
        long_ago = self._clock() - self._remembered_seconds
        for flight in flights:
            if flight.message.message_id and flight.sent is not None and flight.sent < long_ago:
                flight.doubt = Doubt([flight.message.message_id])
        self.statistics.resent += len(flights)
        self._ready.extendleft(reversed(flights))
        self._pump()

    def _on_bus_event(self, event: BusEvent) -> None:
        if event.kind is BusEventKind.RECONNECTED:
            self._connected_at = self._clock()
            self._send_again([*self._not_now, *self._in_flight.values()])
        elif event.kind is BusEventKind.PERMISSION_DENIED:
            self._refuse_forbidden(event)
        elif event.kind is BusEventKind.CLOSED:
            self._fail_all("bus closed")

    def _refuse_forbidden(self, event: BusEvent) -> None:
        """A forbidden publish has no ack, only an error on the side that names the subject."""
        forbidden = [f for f in self._in_flight.values() if f.message.subject.lower() == event.subject]
        for flight in forbidden:
            self._land(flight)
            self._refuse(flight, event.text)
        self._pump()

    def _fail_all(self, why: str) -> None:
        for asking in self._asking:
            asking.cancel()
        for flight in itertools.chain.from_iterable(self._lanes.values()):
            if not flight.batch.done.done():
                flight.batch.done.set_exception(BusClosedError(why))
        self._lanes.clear()
        self._ready.clear()
        self._in_flight.clear()
        self._not_now.clear()
        self._bytes_in_flight = 0
