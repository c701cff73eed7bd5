"""The transformation service: RAW in, CLEAN out, each sample once, state rebuilt from RAW after a restart."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict

import structlog

from integrations.bus import (
    HEARTBEAT_SECONDS,
    RAW,
    Bus,
    JetStreamError,
    JetStreamUnavailableError,
    OrderedConsumer,
    Outgoing,
    Publisher,
    Received,
    ensure_streams,
    listening,
    open_bus,
    patiently,
    stream_configs,
)
from integrations.messages import PARTITIONS, HealthState, Severity, Subjects, split_stored
from integrations.runtime.endpoints import CommonEndpoints, Findings, serve
from integrations.runtime.events import EventReporter
from integrations.runtime.identity import Identity
from integrations.runtime.metrics.catalogue import CLEANING_DELAY
from integrations.runtime.plant.settings import Plant
from integrations.runtime.process.life import Stop
from integrations.runtime.process.telemetry import Telemetry
from integrations.runtime.storing import with_storing
from integrations.runtime.transformation.chunks import ChunkWork, publish
from integrations.runtime.transformation.dead_letters import Buried
from integrations.runtime.transformation.latest import LatestValues
from integrations.runtime.transformation.limits import cleaning_settings
from integrations.runtime.transformation.live_settings import LiveSettings
from integrations.runtime.transformation.measures import measures_of
from integrations.runtime.transformation.outtake import CleanWriter
from integrations.runtime.transformation.positions import Position
from integrations.runtime.transformation.remembered import Remembered
from integrations.runtime.transformation.replica import Replica
from integrations.runtime.transformation.tally import Tally
from integrations.runtime.transformation.unheard import Unheard
from integrations.runtime.upkeep import keeping_streams
from integrations.runtime.watching import watch
from integrations.transformation import ChannelFault, Cleaner, Silence

log = structlog.get_logger(__name__)

SERVICE = "transformation"
CHUNK_MESSAGES = 2000
"""Most raw messages that are cleaned at once: the longer a backlog, the fewer clean messages of a sensor."""
CHUNK_BYTES = 8 * 1024 * 1024
MAX_GROWTH = 5
"""A clean batch has at most this many times the bytes of the raw columns it is made of."""
DRAIN_SECONDS = 5.0
"""How long the chunk in hand may take to reach the bus when the service stops."""
HOUSEKEEPING_SECONDS = 0.25
"""How often last values go to the bucket and silent sensors are looked for."""
LATEST_A_ROUND = 500
"""Last values a round: thousands of sensors take turns, or the bucket would cost more than CLEAN."""
POSITION_SECONDS = 2.0
"""How often it is written down how far we are: so much is read again after a kill."""
SHORTEST_LOOK_SECONDS = 0.1
"""Time between two looks at who has which partitions, however often something changes."""


async def run_transformation(
    plant: Plant, instance: str, version: str, telemetry: Telemetry, stop: Stop
) -> None:
    """Clean what comes until `stop`."""
    identity = Identity(plant.site, SERVICE, instance, version)
    declared = stream_configs(plant.streams, plant.site)
    async with contextlib.AsyncExitStack() as stack, stop.cuts_short():
        bus = await stack.enter_async_context(open_bus(plant.bus, name=f"{SERVICE}-{instance}"))
        await ensure_streams(bus, declared)
        streams = await stack.enter_async_context(keeping_streams(bus, declared))
        publisher = await stack.enter_async_context(Publisher(bus))
        tally = Tally(telemetry.recorder(CLEANING_DELAY))
        service = Transformation(identity, plant, bus, publisher, tally)
        await service.recall()
        find = with_storing(service.find, lambda: publisher)
        common = CommonEndpoints(identity, telemetry, find=find, counts=service.counts)
        await stack.enter_async_context(serve(bus, identity, common.all()))
        await stack.enter_async_context(service.working())
        measures = measures_of(service.counts, tally, publisher)
        watch(telemetry, bus, streams, find, measures)
        log.info("transformation runs", bus=bus.url, site=plant.site)
        await stop.wait()


class Transformation:
    """Takes chunks of its partitions from RAW, has them cleaned, publishes them, and only then goes on."""

    def __init__(
        self,
        identity: Identity,
        plant: Plant,
        bus: Bus,
        publisher: Publisher,
        tally: Tally,
        *,
        now_ns: Callable[[], int] = time.time_ns,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
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
        self._unheard = Unheard(self._settings)
        self._replica = Replica(bus, publisher, plant.site, identity.instance)
        writer = CleanWriter(plant.site, plant.content_type, one_by_one=plant.streams.replicas > 1)
        self._work = ChunkWork(
            plant.site,
            self._cleaner,
            writer,
            publisher,
            self._events,
            tally,
            self._replica,
            Buried(bus, plant.site),
        )
        self._remembered = Remembered(bus, plant.site, self._cleaner, self._work, self._latest, self._unheard)
        self._reader = OrderedConsumer(bus, RAW, (), batch=CHUNK_MESSAGES)
        self._changed = asyncio.Event()
        self._looked = 0.0
        self._working = asyncio.Lock()
        self._closing = asyncio.Event()
        self._pending = 0

    async def recall(self) -> None:
        """Take up the live limits from before; all else comes with the partitions."""
        await patiently(self._live.load)

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Work while entered; on leaving, finish the chunk in hand and tell what is still to be told."""
        async with asyncio.TaskGroup() as group:
            beating = group.create_task(self._beat(), name="heartbeat")
            consuming = group.create_task(self._consume(), name="consume")
            housekeeping = group.create_task(self._keep_house(), name="housekeeping")
            following = group.create_task(self._live.follow(), name="live settings")
            try:
                yield
            finally:
                following.cancel()
                await self._finish(consuming, housekeeping, beating)

    async def _finish(
        self, consuming: asyncio.Task[None], housekeeping: asyncio.Task[None], beating: asyncio.Task[None]
    ) -> None:
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                async with self._working:
                    consuming.cancel()
                await asyncio.wait([consuming])
                self._closing.set()
                await asyncio.wait([housekeeping])
                beating.cancel()
                await self._give(set(self._replica.held))
                await self._replica.members.leave()
        except TimeoutError:
            log.warning("stopped before the bus had everything: what is not acknowledged comes again")
        finally:
            consuming.cancel()
            housekeeping.cancel()
            beating.cancel()
            self._replica.close()

    async def _beat(self) -> None:
        """Say again and again that we are alive, and look again and again who else is."""
        while True:
            await self._replica.members.renew()
            self._on_change()
            await asyncio.sleep(HEARTBEAT_SECONDS)

    def _on_change(self, *_: object) -> None:
        self._changed.set()
        self._reader.wake()

    async def _consume(self) -> None:
        """Work for ever: on our partitions, and between two chunks on which they are."""
        replica = self._replica
        async with (
            self._reader,
            listening(self._bus, replica.fences.subject, self._on_change),
            listening(self._bus, replica.members.subject, self._on_change),
        ):
            while True:
                if self._changed.is_set() and self._clock() - self._looked > SHORTEST_LOOK_SECONDS:
                    self._changed.clear()
                    async with self._working:
                        await self._share()
                    self._looked = self._clock()
                if replica.held:
                    chunk = await self._reader.chunk(CHUNK_MESSAGES, CHUNK_BYTES, self._source_bytes())
                    async with self._working:
                        await self._work_on(chunk)
                else:
                    await self._changed.wait()
                    await asyncio.sleep(SHORTEST_LOOK_SECONDS)

    async def _work_on(self, chunk: list[Received]) -> None:
        created = self._reader.created
        if created and created != self._remembered.created:
            self._remembered.begin_anew(created)
            self._replica.begin_anew(created)
        if not chunk:
            return
        held = self._replica.held
        wanted = [
            message
            for message in chunk
            if (ours := held.get(split_stored(message.subject)[0]))
            and message.stream_sequence >= ours.position.next
        ]
        if wanted:
            clean = await self._work.do(wanted)
            self._unheard.heard(clean)
            self._latest.note(clean)
        last = chunk[-1]
        self._replica.advance(Position(created, last.stream_sequence + 1, last.time_ns))
        self._pending = last.pending
        if self._replica.lost:
            self._drop_lost()

    async def _share(self) -> None:
        """Give back and take up partitions, so that each has the one owner that it should have."""
        try:
            plan = await self._replica.look()
        except (JetStreamError, JetStreamUnavailableError) as error:
            log.info("cannot see the other replicas", reason=str(error))
            return
        before = set(self._replica.held)
        if self._replica.lost:
            self._drop_lost()
        if plan.give:
            await self._give(plan.give)
        if plan.take:
            await self._take(plan.take)
        if self._replica.held.keys() != before:
            self._follow()

    async def _give(self, partitions: set[int]) -> None:
        """Hand partitions over: everything of them is on the bus before somebody else can take them."""
        written = self._remembered.positions.outgoing(self._replica.positions(partitions))
        await publish(self._publisher, [*self._events.take(), *self._latest.take(), *written])
        await self._replica.give(partitions)
        self._remembered.forget(partitions)
        log.info("partitions are given back", partitions=len(partitions))

    async def _take(self, seen: dict[int, int]) -> None:
        fences = await self._replica.claim(seen)
        if not fences:
            return
        newest = max(fences.values())
        try:
            positions = await patiently(lambda: self._remembered.take_up(fences.keys(), newest))
        except BaseException:
            self._remembered.forget(fences.keys())
            raise
        self._replica.hold(fences, positions)

    def _drop_lost(self) -> None:
        """Forget what others have taken over while we were away."""
        lost = set(self._replica.lost)
        self._replica.lost.clear()
        self._remembered.forget(lost)
        self._follow()
        log.warning("partitions were taken over by others", partitions=len(lost))

    def _follow(self) -> None:
        """Read our partitions, from the first that is behind."""
        held = self._replica.held
        if held:
            subjects = Subjects(self._site)
            everything = len(held) == PARTITIONS
            filters = [subjects.every("raw")] if everything else [*map(subjects.partition, sorted(held))]
            self._reader.follow(filters, min(each.position.next for each in held.values()))

    async def _keep_house(self) -> None:
        """Publish last values, events and positions, and look for silent sensors, until closing."""
        written = self._clock()
        while not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HOUSEKEEPING_SECONDS):
                    await self._closing.wait()
            for silence in (*self._cleaner.newly_silent(), *self._unheard.newly_silent()):
                self._on_silence(silence)
            positions: list[Outgoing] = []
            if self._clock() - written > POSITION_SECONDS:
                written = self._clock()
                positions = self._remembered.positions.outgoing(self._replica.positions())
            await publish(
                self._publisher, [*self._events.take(), *self._latest.take(LATEST_A_ROUND), *positions]
            )

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
            "partitions": len(self._replica.held),
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
