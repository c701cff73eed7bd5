"""The transformation service: RAW in, CLEAN out, each sample once, state rebuilt from RAW after a restart."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict

import structlog

from integrations.bus import (
    RAW,
    Bus,
    Durable,
    Outgoing,
    Publisher,
    PublishRefusedError,
    PullConsumer,
    Received,
    ensure_streams,
    open_bus,
    stream_configs,
)
from integrations.messages import CleanBatch, HealthState, Severity, Subjects
from integrations.transformation import ChannelFault, Cleaner, Silence, TransformationError

from .coverage import Coverage, read_coverage
from .dead_letters import dead_letter
from .endpoints import CommonEndpoints, Findings, serve
from .events import EventReporter
from .identity import Identity
from .intake import Dead, Intake, Usable
from .latest import LatestValues
from .life import Stop
from .limits import cleaning_settings
from .outtake import CleanWriter
from .rebuild import rebuild
from .settings import Plant
from .telemetry import Telemetry
from .tracing import processing

log = structlog.get_logger(__name__)

SERVICE = "transformation"
CHUNK_MESSAGES = 500
HOUSEKEEPING_SECONDS = 0.25
"""How often last values go to the bucket and silent sensors are looked for."""


async def run_transformation(
    plant: Plant, instance: str, version: str, telemetry: Telemetry, stop: Stop
) -> None:
    """Clean what comes until `stop`."""
    identity = Identity(plant.site, SERVICE, instance, version)
    async with open_bus(plant.bus, name=f"{SERVICE}-{instance}") as bus:
        await ensure_streams(bus, stream_configs(plant.streams))
        async with Publisher(bus) as publisher:
            service = Transformation(identity, plant, bus, publisher, await read_coverage(bus, plant.site))
            common = CommonEndpoints(identity, telemetry, find=service.find, counts=service.counts)
            async with serve(bus, identity, common.all()), asyncio.TaskGroup() as group:
                tasks = [group.create_task(service.consume()), group.create_task(service.keep_house())]
                log.info("transformation runs", bus=bus.url, site=plant.site)
                await stop.wait()
                for task in tasks:
                    task.cancel()
            await service.publish_rest()


class Transformation:
    """Takes chunks from RAW, has them cleaned, publishes them, and only then acknowledges."""

    def __init__(
        self,
        identity: Identity,
        plant: Plant,
        bus: Bus,
        publisher: Publisher,
        coverage: Coverage,
        *,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._identity = identity
        self._bus = bus
        self._publisher = publisher
        self._coverage = coverage
        self._intake = Intake()
        self._cleaner = Cleaner(cleaning_settings(plant), on_fault=self._on_fault, now_ns=now_ns)
        self._writer = CleanWriter(plant.site, plant.content_type)
        self._latest = LatestValues(bus, plant.site, plant.content_type)
        self._latest.note(coverage.newest.values())
        self._events = EventReporter(identity, plant.content_type, now_ns=now_ns)
        self._pending = 0
        self._readings = self._batches = self._dead = 0

    async def consume(self) -> None:
        """Work for ever."""
        durable = Durable(
            RAW, f"{SERVICE}-{self._identity.site}", (Subjects(self._identity.site).every("raw"),)
        )
        is_first = True
        async with PullConsumer(self._bus, durable, batch=CHUNK_MESSAGES) as consumer:
            async for chunk in consumer.chunks(CHUNK_MESSAGES):
                if is_first:
                    count = await rebuild(
                        self._bus, self._identity.site, chunk[0], self._cleaner, self._intake
                    )
                    log.info("state is rebuilt", batches=count, next_sequence=chunk[0].stream_sequence)
                    is_first = False
                await self._work(chunk)
                consumer.ack(chunk)
                self._pending = chunk[-1].pending

    async def keep_house(self) -> None:
        """Publish last values and events, and look for silent sensors, for ever."""
        while True:
            await asyncio.sleep(HOUSEKEEPING_SECONDS)
            for silence in self._cleaner.newly_silent():
                self._on_silence(silence)
            await self.publish_rest()

    async def publish_rest(self) -> None:
        """Publish the events and last values that wait."""
        await self._publish([*self._events.take(), *self._latest.take()])

    def counts(self) -> dict[str, int | float]:
        """Return what the service has counted since its start."""
        return {
            "readings": self._readings,
            "raw_batches": self._batches,
            "repeats": self._intake.repeats,
            "dead": self._dead,
            "sensors": len(self._cleaner),
            "consumer_pending": self._pending,
            **asdict(self._publisher.statistics),
        }

    def find(self) -> Findings:
        """Return the service's health: it lags, or it does not."""
        troubles = [f"{self._pending} raw messages wait"] if self._pending > 10 * CHUNK_MESSAGES else []
        return Findings(HealthState.DEGRADED if troubles else HealthState.HEALTHY, troubles, [])

    async def _work(self, chunk: list[Received]) -> None:
        with processing(Subjects(self._identity.site).every("raw"), [message.headers for message in chunk]):
            usable, dead = self._intake.read(chunk)
            clean, unusable = self._clean(usable, {message.stream_sequence: message for message in chunk})
            headers = {one.sequence: one.headers for one in usable}
            outgoing = [self._writer.write(batch, headers.get(batch.raw_sequence, {})) for batch in clean]
            outgoing += [dead_letter(self._identity.site, one) for one in (*dead, *unusable)]
            await self._publish(outgoing)
        self._latest.note(clean)
        self._batches += len(usable)
        self._readings += sum(len(batch.time) for batch in clean)
        for one in (*dead, *unusable):
            self._on_dead(one)

    def _clean(
        self, usable: list[Usable], messages: dict[int, Received]
    ) -> tuple[list[CleanBatch], list[Dead]]:
        """Clean a chunk at once, or message by message where one is unusable or covered already."""
        if usable and usable[0].sequence > self._coverage.end:
            try:
                return self._cleaner.clean((one.sequence, one.batch) for one in usable), []
            except TransformationError:
                pass
        clean: list[CleanBatch] = []
        dead: list[Dead] = []
        for one in usable:
            try:
                batches = self._cleaner.clean([(one.sequence, one.batch)])
            except TransformationError as error:
                dead.append(Dead(messages[one.sequence], str(error)))
            else:
                clean += [batch for batch in batches if not self._coverage.covers(batch)]
        return clean, dead

    async def _publish(self, outgoing: list[Outgoing]) -> None:
        try:
            await self._publisher.publish_all(outgoing)
        except PublishRefusedError as error:
            for refusal in error.refusals:
                log.warning("publish was refused", subject=refusal.message.subject, reason=refusal.reason)

    def _on_dead(self, dead: Dead) -> None:
        self._dead += 1
        subject = dead.message.subject
        log.warning("message cannot be processed", subject=subject, reason=dead.reason)
        self._events.tell(subject, "dead_letter", f"{subject}: {dead.reason}", Severity.WARNING)

    def _on_fault(self, fault: ChannelFault) -> None:
        text = f"{fault.sensor_id} is carried unchecked: {fault.reason}"
        log.warning("sensor cannot be checked", sensor_id=fault.sensor_id, reason=fault.reason)
        self._events.tell(fault.sensor_id, "sensor_unusable", text, Severity.ERROR, unit=fault.unit)

    def _on_silence(self, silence: Silence) -> None:
        text = f"{silence.sensor_id} is silent; it used to send every {silence.interval_seconds:.3g} s"
        self._latest.mark_stale(silence.sensor_id)
        self._events.tell(
            silence.sensor_id, "sensor_stale", text, Severity.WARNING, last_heard_ns=silence.last_heard_ns
        )
