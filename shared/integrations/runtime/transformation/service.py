"""The transformation service: RAW in, CLEAN out, each sample once, state rebuilt from RAW after a restart."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict

import structlog

from integrations.bus import (
    RAW,
    Bus,
    Durable,
    Publisher,
    PullConsumer,
    Received,
    ensure_streams,
    open_bus,
    stream_configs,
)
from integrations.messages import CleanBatch, HealthState, Severity, Subjects
from integrations.runtime.endpoints import CommonEndpoints, Findings, serve
from integrations.runtime.events import EventReporter
from integrations.runtime.identity import Identity
from integrations.runtime.metrics.catalogue import CLEANING_DELAY
from integrations.runtime.plant.settings import Plant
from integrations.runtime.process.life import Stop
from integrations.runtime.process.telemetry import Telemetry
from integrations.runtime.transformation.chunks import ChunkWork, publish
from integrations.runtime.transformation.coverage import last_clean, read_coverage
from integrations.runtime.transformation.latest import LatestValues
from integrations.runtime.transformation.limits import cleaning_settings
from integrations.runtime.transformation.live_settings import LiveSettings
from integrations.runtime.transformation.measures import measures_of
from integrations.runtime.transformation.outtake import CleanWriter
from integrations.runtime.transformation.rebuild import rebuild
from integrations.runtime.transformation.tally import Tally
from integrations.runtime.transformation.unheard import Unheard
from integrations.runtime.upkeep import keeping_streams, patiently
from integrations.runtime.watching import watch
from integrations.transformation import ChannelFault, Cleaner, Silence

log = structlog.get_logger(__name__)

SERVICE = "transformation"
CHUNK_MESSAGES = 2000
"""Most raw messages that are cleaned at once: the longer a backlog, the fewer clean messages of a sensor."""
MAX_GROWTH = 5
"""A clean batch has at most this many times the bytes of the raw columns it is made of."""
DRAIN_SECONDS = 5.0
"""How long the chunk in hand may take to reach the bus when the service stops."""
HOUSEKEEPING_SECONDS = 0.25
"""How often last values go to the bucket and silent sensors are looked for."""
LATEST_A_ROUND = 500
"""Last values a round: thousands of sensors take turns, or the bucket would cost more than CLEAN."""


async def run_transformation(
    plant: Plant, instance: str, version: str, telemetry: Telemetry, stop: Stop
) -> None:
    """Clean what comes until `stop`."""
    identity = Identity(plant.site, SERVICE, instance, version)
    declared = stream_configs(plant.streams)
    async with contextlib.AsyncExitStack() as stack, stop.cuts_short():
        bus = await stack.enter_async_context(open_bus(plant.bus, name=f"{SERVICE}-{instance}"))
        await ensure_streams(bus, declared)
        streams = await stack.enter_async_context(keeping_streams(bus, declared))
        publisher = await stack.enter_async_context(Publisher(bus))
        tally = Tally(telemetry.recorder(CLEANING_DELAY))
        service = Transformation(identity, plant, bus, publisher, tally)
        await service.recall()
        common = CommonEndpoints(identity, telemetry, find=service.find, counts=service.counts)
        await stack.enter_async_context(serve(bus, identity, common.all()))
        await stack.enter_async_context(service.working())
        measures = measures_of(service.counts, tally, publisher)
        watch(telemetry, bus, streams, service.find, measures)
        log.info("transformation runs", bus=bus.url, site=plant.site)
        await stop.wait()


class Transformation:
    """Takes chunks from RAW, has them cleaned, publishes them, and only then acknowledges."""

    def __init__(
        self,
        identity: Identity,
        plant: Plant,
        bus: Bus,
        publisher: Publisher,
        tally: Tally,
        *,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._site = identity.site
        self._bus = bus
        self._publisher = publisher
        self._settings = cleaning_settings(plant)
        self._cleaner = Cleaner(
            self._settings, on_fault=self._on_fault, on_refusal=self._on_refusal, now_ns=now_ns
        )
        self._latest = LatestValues(bus, plant.site, plant.content_type)
        self._events = EventReporter(identity, plant.content_type, now_ns=now_ns)
        self._live = LiveSettings(bus, plant.site, self._cleaner, self._events)
        self._unheard = Unheard((), self._settings)
        writer = CleanWriter(plant.site, plant.content_type)
        self._work = ChunkWork(plant.site, self._cleaner, writer, publisher, self._events, tally)
        self._generation = 0
        self._working = asyncio.Lock()
        self._closing = asyncio.Event()
        self._pending = 0

    async def recall(self) -> None:
        """Take up what CLEAN and the buckets of last values and live limits hold from before."""
        await patiently(self._live.load)
        batches = await patiently(self._recall)
        self._unheard = Unheard(batches, self._settings)

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Work while entered; on leaving, finish the chunk in hand and tell what is still to be told."""
        async with asyncio.TaskGroup() as group:
            consuming = group.create_task(self._consume(), name="consume")
            housekeeping = group.create_task(self._keep_house(), name="housekeeping")
            following = group.create_task(self._live.follow(), name="live settings")
            try:
                yield
            finally:
                following.cancel()
                await self._finish(consuming, housekeeping)

    async def _finish(self, consuming: asyncio.Task[None], housekeeping: asyncio.Task[None]) -> None:
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                async with self._working:
                    consuming.cancel()
                await asyncio.wait([consuming])
                self._closing.set()
                await asyncio.wait([housekeeping])
        except TimeoutError:
            log.warning("stopped before the bus had everything: what is not acknowledged comes again")
        finally:
            consuming.cancel()
            housekeeping.cancel()

    async def _consume(self) -> None:
        """Work for ever."""
        durable = Durable(RAW, f"{SERVICE}-{self._site}", (Subjects(self._site).every("raw"),))
        async with PullConsumer(self._bus, durable, batch=CHUNK_MESSAGES) as consumer:
            async for chunk in consumer.chunks(CHUNK_MESSAGES, max_subject_bytes=self._source_bytes()):
                async with self._working:
                    if chunk[0].generation != self._generation:
                        await self._begin_generation(chunk[0])
                    clean = await self._work.do(chunk)
                    self._unheard.heard(clean)
                    self._latest.note(clean)
                    consumer.ack(chunk)
                    self._pending = chunk[-1].pending

    async def _keep_house(self) -> None:
        """Publish last values and events, and look for silent sensors, until closing."""
        while not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HOUSEKEEPING_SECONDS):
                    await self._closing.wait()
            for silence in (*self._cleaner.newly_silent(), *self._unheard.newly_silent()):
                self._on_silence(silence)
            await publish(self._publisher, [*self._events.take(), *self._latest.take(LATEST_A_ROUND)])

    async def _recall(self) -> list[CleanBatch]:
        batches = [batch async for _, batch in last_clean(self._bus, self._site) if batch.time]
        await self._latest.recall(batches)
        return batches

    async def _begin_generation(self, first: Received) -> None:
        """Learn what CLEAN has of a delivery that began again: after a restart, or because RAW is another."""
        if not self._generation:
            count = await patiently(
                lambda: rebuild(self._bus, self._site, first, self._cleaner, self._work.intake)
            )
            log.info("state is rebuilt", batches=count, next_sequence=first.stream_sequence)
        self._work.coverage = await patiently(lambda: read_coverage(self._bus, self._site))
        self._generation = first.generation

    def _source_bytes(self) -> int:
        """Raw bytes of one source cleaned at once, so few that its only sensor would fit a message."""
        return self._bus.client.max_payload // MAX_GROWTH

    def counts(self) -> dict[str, int | float]:
        """Return what the service has counted since its start."""
        return {
            "readings": self._work.readings,
            "raw_batches": self._work.batches,
            "repeats": self._work.intake.repeats,
            "dead": self._work.dead,
            "sensors": len(self._cleaner),
            "consumer_pending": self._pending,
            **asdict(self._publisher.statistics),
        }

    def find(self) -> Findings:
        """Return the service's health: it lags, or it does not."""
        troubles = [f"{self._pending} raw messages wait"] if self._pending > 10 * CHUNK_MESSAGES else []
        return Findings(HealthState.DEGRADED if troubles else HealthState.HEALTHY, troubles, [])

    def _on_fault(self, fault: ChannelFault) -> None:
        text = f"{fault.sensor_id} is carried unchecked: {fault.reason}"
        log.warning("sensor cannot be checked", sensor_id=fault.sensor_id, reason=fault.reason)
        self._events.tell(fault.sensor_id, "sensor_unusable", text, Severity.ERROR, unit=fault.unit)

    def _on_refusal(self, sensor_id: str, reason: str) -> None:
        self._live.refused_late(sensor_id, reason)

    def _on_silence(self, silence: Silence) -> None:
        if not self._latest.mark_stale(silence.sensor_id):
            return
        text = f"{silence.sensor_id} is silent; it used to send every {silence.interval_seconds:.3g} s"
        self._events.tell(
            silence.sensor_id, "sensor_stale", text, Severity.WARNING, last_heard_ns=silence.last_heard_ns
        )
