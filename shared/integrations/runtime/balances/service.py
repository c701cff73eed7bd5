"""The service of balances: clean readings in; virtual sensors, and events about suspects, out."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict

import structlog

from integrations.bus import (
    CLEAN,
    Bus,
    Durable,
    Members,
    Outgoing,
    Publisher,
    PullConsumer,
    Received,
    Turn,
    ensure_streams,
    open_bus,
    patiently,
    stream_configs,
)
from integrations.configuration import MISSING, ConfigurationError, Fault
from integrations.messages import CleanBatch, ContentType, Header, HealthState, Subjects, encode
from integrations.runtime.balances.config import SERVICE
from integrations.runtime.balances.measures import measures_of
from integrations.runtime.balances.recall import clean_subject, newest_published, read_clean, rebuild
from integrations.runtime.balances.telling import tell
from integrations.runtime.balances.tracker import Outcome, Tracker
from integrations.runtime.balances.virtual import virtual_batches, virtual_id
from integrations.runtime.endpoints import CommonEndpoints, Findings, serve
from integrations.runtime.events import EventReporter
from integrations.runtime.identity import Identity
from integrations.runtime.plant.settings import Plant
from integrations.runtime.process.life import Stop
from integrations.runtime.process.telemetry import Telemetry
from integrations.runtime.process.tracing import processing, stamp
from integrations.runtime.storing import with_storing
from integrations.runtime.transformation.chunks import publish
from integrations.runtime.transformation.latest import LatestValues
from integrations.runtime.upkeep import keeping_streams
from integrations.runtime.watching import watch

log = structlog.get_logger(__name__)

CHUNK_MESSAGES = 500
DRAIN_SECONDS = 5.0
"""How long the chunk in hand may take to reach the bus when the service stops."""
HOUSEKEEPING_SECONDS = 0.25
STALE_PERIODS = 3
"""Periods without a balance after which its virtual sensors' last values count as old."""


async def run_balances(plant: Plant, instance: str, version: str, telemetry: Telemetry, stop: Stop) -> None:
    """Draw up the plant's balances until `stop`, or stand by while another service at the site does."""
    if not plant.balances:
        raise ConfigurationError([Fault("", "balances", MISSING, "must describe at least one balance")])
    identity = Identity(plant.site, SERVICE, instance, version)
    declared = stream_configs(plant.streams, plant.site)
    async with contextlib.AsyncExitStack() as stack, stop.cuts_short():
        bus = await stack.enter_async_context(open_bus(plant.bus, name=f"{SERVICE}-{instance}"))
        await ensure_streams(bus, declared)
        streams = await stack.enter_async_context(keeping_streams(bus, declared))
        publisher = await stack.enter_async_context(Publisher(bus))
        service = Balancing(identity, plant, bus, publisher)
        find = with_storing(service.find, lambda: publisher)
        common = CommonEndpoints(identity, telemetry, find=find, counts=service.counts)
        await stack.enter_async_context(serve(bus, identity, common.all()))
        await stack.enter_async_context(service.working())
        measures = measures_of(service.trackers, service.counts, publisher)
        watch(telemetry, bus, streams, find, measures)
        log.info("balances run", balances=len(plant.balances), bus=bus.url, site=plant.site)
        await stop.wait()


class Balancing:
    """Takes chunks from CLEAN, publishes what became of them, and only then acknowledges."""

    def __init__(
        self,
        identity: Identity,
        plant: Plant,
        bus: Bus,
        publisher: Publisher,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.trackers: list[Tracker] = []
        self._configs = plant.balances
        self._site = identity.site
        # members of the transformation are under <site>.member.
        self._members = Members(bus, publisher, f"{plant.site}.{SERVICE}", identity.instance)
        self._turn = Turn(self._members, SERVICE)
        self._bus = bus
        self._publisher = publisher
        self._clock = clock
        self._content_type: ContentType = plant.content_type
        self._subjects = Subjects(plant.site)
        self._events = EventReporter(identity, plant.content_type)
        self._latest = LatestValues(bus, plant.site, plant.content_type)
        self._published: dict[str, int] = {}
        self._drawn_at: dict[Tracker, float] = {}
        self._rebuilt = False
        self._working = asyncio.Lock()
        self._closing = asyncio.Event()
        self._pending = 0

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Work while entered; on leaving, finish the chunk in hand and tell what is still to be told."""
        async with asyncio.TaskGroup() as group:
            turn = group.create_task(self._turn.keep(), name="turn")
            consuming = group.create_task(self._consume_in_turn(), name="consume")
            housekeeping = group.create_task(self._keep_house(), name="housekeeping")
            try:
                yield
            finally:
                turn.cancel()
                await self._finish(consuming, housekeeping)

    async def _finish(self, consuming: asyncio.Task[None], housekeeping: asyncio.Task[None]) -> None:
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                async with self._working:
                    consuming.cancel()
                await asyncio.wait([consuming])
                self._closing.set()
                await asyncio.wait([housekeeping])
                await self._members.leave()
        except TimeoutError:
            log.warning("stopped before the bus had everything: what is not acknowledged comes again")
        finally:
            consuming.cancel()
            housekeeping.cancel()

    async def _consume_in_turn(self) -> None:
        """Work whenever it is our turn, for ever."""
        while True:
            await self._turn.ours.wait()
            await self._begin()
            consuming = asyncio.create_task(self._consume(), name="consume in turn")
            yielding = asyncio.create_task(self._turn.others.wait(), name="end of the turn")
            try:
                await asyncio.wait([consuming, yielding], return_when=asyncio.FIRST_COMPLETED)
                if consuming.done():
                    return consuming.result()
                async with self._working:
                    consuming.cancel()
            finally:
                consuming.cancel()
                yielding.cancel()
                await asyncio.wait([consuming, yielding])

    async def _begin(self) -> None:
        """Forget what was known, and take up what has been published by whoever did."""
        await patiently(lambda: self._latest.recall(()))
        self._published = await patiently(lambda: newest_published(self._bus, self._site, self._configs))
        self.trackers[:] = [Tracker(config) for config in self._configs]
        self._drawn_at = dict.fromkeys(self.trackers, self._clock())
        self._rebuilt = False

    async def _consume(self) -> None:
        """Work for ever."""
        sensors = {sensor_id for tracker in self.trackers for sensor_id in tracker.inlets}
        subjects = tuple(clean_subject(self._site, sensor_id) for sensor_id in sorted(sensors))
        durable = Durable(CLEAN, f"{SERVICE}-{self._site}", subjects, begins_now=True)
        async with PullConsumer(self._bus, durable, batch=CHUNK_MESSAGES) as consumer:
            async for chunk in consumer.chunks(CHUNK_MESSAGES):
                async with self._working:
                    if not self._rebuilt:
                        await self._rebuild(chunk[0])
                    await self._do(chunk)
                    consumer.ack(chunk)
                    self._pending = chunk[-1].pending

    async def _rebuild(self, first: Received) -> None:
        count = await patiently(lambda: rebuild(self._bus, self._site, first, self.trackers))
        log.info("state is rebuilt", messages=count, next_sequence=first.stream_sequence)
        self._rebuilt = True

    async def _do(self, chunk: Sequence[Received]) -> None:
        with processing(self._subjects.every("clean"), [message.headers for message in chunk]):
            for message in chunk:
                batch = read_clean(message.data, message.headers)
                if batch is not None:
                    for tracker in self.trackers:
                        tracker.take(batch)
            batches: list[CleanBatch] = []
            for tracker in self.trackers:
                for outcome in tracker.outcomes():
                    batches += self._drawn_up(tracker, outcome)
                    await asyncio.sleep(0)  # a backlog is many balances: the bus must not wait for all
            await publish(self._publisher, [self._outgoing(batch) for batch in batches])
        self._latest.note(batches)

    def _drawn_up(self, tracker: Tracker, outcome: Outcome) -> list[CleanBatch]:
        """Tell what a balance shows; return its readings, none where they were published before a restart."""
        tell(self._events, tracker, outcome)
        self._drawn_at[tracker] = self._clock()
        if outcome.period.end_ns <= self._published[tracker.config.balance_id]:
            return []
        self._published[tracker.config.balance_id] = outcome.period.end_ns
        return virtual_batches(self._site, tracker, outcome)

    def _outgoing(self, batch: CleanBatch) -> Outgoing:
        subject = self._subjects.clean(batch.device_class, batch.sensor_id)
        headers: dict[str, str] = {Header.CONTENT_TYPE: self._content_type}
        stamp(headers, subject)
        return Outgoing(subject, encode(batch, self._content_type), headers, f"{subject}-{batch.time[0]}")

    async def _keep_house(self) -> None:
        """Publish last values and events, and mark what has grown old, until closing."""
        while not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HOUSEKEEPING_SECONDS):
                    await self._closing.wait()
            if self._turn.ours.is_set():
                for tracker in self.trackers:
                    self._mark_stale(tracker)
            await publish(self._publisher, [*self._events.take(), *self._latest.take()])

    def _mark_stale(self, tracker: Tracker) -> None:
        config = tracker.config
        patience = STALE_PERIODS * config.period_seconds + config.patience_seconds
        if self._clock() - self._drawn_at[tracker] > patience:
            for name in config.variables:
                self._latest.mark_stale(virtual_id(config.balance_id, name))

    def counts(self) -> dict[str, int | float]:
        """Return what the service has counted since its start."""
        return {
            "balances": sum(tracker.drawn_up for tracker in self.trackers),
            "balances_failed": sum(tracker.failed for tracker in self.trackers),
            "suspects": sum(len(tracker.suspects) for tracker in self.trackers),
            "late": sum(tracker.late for tracker in self.trackers),
            "consumer_pending": self._pending,
            **asdict(self._publisher.statistics),
        }

    def find(self) -> Findings:
        """Return the service's health: whether it has what it needs and keeps up; standing by is fine."""
        if self._turn.others.is_set():
            return Findings(HealthState.HEALTHY, [], [])
        troubles = [trouble for tracker in self.trackers for trouble in tracker.troubles()]
        if self._pending > 10 * CHUNK_MESSAGES:
            troubles.append(f"{self._pending} clean messages wait")
        return Findings(HealthState.DEGRADED if troubles else HealthState.HEALTHY, troubles, [])
