"""The coordination service: opens the bus, runs its parts, and shows how they are."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict

import structlog

from integrations.bus import Publisher, agent_stream_configs, ensure_streams, open_bus, stream_configs
from integrations.coordination import Link, MessageBus
from integrations.messages import HealthState
from integrations.runtime.coordination.concluding import Concluding
from integrations.runtime.coordination.gl003.agent import GL003
from integrations.runtime.coordination.parts import SERVICE, Desk, Part, PartMaker
from integrations.runtime.coordination.postmaster import Postmaster
from integrations.runtime.coordination.registry import Registry
from integrations.runtime.coordination.scheduling import Scheduling
from integrations.runtime.endpoints import CommonEndpoints, Findings, serve
from integrations.runtime.events import EventReporter
from integrations.runtime.identity import Identity
from integrations.runtime.metrics import catalogue
from integrations.runtime.metrics.outcomes import outcomes
from integrations.runtime.plant.settings import Plant
from integrations.runtime.process.life import Stop
from integrations.runtime.process.telemetry import Telemetry
from integrations.runtime.storing import with_storing
from integrations.runtime.transformation.chunks import publish
from integrations.runtime.upkeep import keeping_streams
from integrations.runtime.watching import watch

log = structlog.get_logger(__name__)

PARTS: tuple[PartMaker, ...] = (Registry, Postmaster, Scheduling, GL003, Concluding)
"""Everything the service does, in the order in which it is begun."""
HOUSEKEEPING_SECONDS = 0.25
DRAIN_SECONDS = 5.0


async def run_coordination(
    plant: Plant, instance: str, version: str, telemetry: Telemetry, stop: Stop
) -> None:
    """Run every part until `stop`; any number of replicas may run at a site."""
    identity = Identity(plant.site, SERVICE, instance, version)
    declared = [*stream_configs(plant.streams, plant.site), *agent_stream_configs(plant.streams)]
    async with contextlib.AsyncExitStack() as stack, stop.cuts_short():
        bus = await stack.enter_async_context(open_bus(plant.bus, name=f"{SERVICE}-{instance}"))
        await ensure_streams(bus, declared)
        streams = await stack.enter_async_context(keeping_streams(bus, declared))
        publisher = await stack.enter_async_context(Publisher(bus))
        agents = MessageBus(link=Link(bus, publisher, plant.site))
        await stack.enter_async_context(agents)
        events = EventReporter(identity, plant.content_type)
        desk = Desk(plant, identity, bus, publisher, events, agents)
        service = Coordination(desk, [make(desk) for make in PARTS])
        find = with_storing(service.find, lambda: publisher)
        common = CommonEndpoints(identity, telemetry, find=find, counts=service.counts)
        own = [endpoint for part in service.parts for endpoint in part.endpoints()]
        await stack.enter_async_context(serve(bus, identity, [*common.all(), *own]))
        await stack.enter_async_context(service.working())
        measures = {metric: read for part in service.parts for metric, read in part.measures().items()}
        measures[catalogue.PUBLISHED] = lambda: outcomes(publisher)
        watch(telemetry, bus, streams, find, measures)
        log.info("coordination runs", parts=len(service.parts), bus=bus.url, site=plant.site)
        await stop.wait()


class Coordination:
    """Keeps the parts at work and publishes what they tell."""

    def __init__(self, desk: Desk, parts: Sequence[Part]) -> None:
        self.parts = parts
        self._desk = desk

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Work while entered; on leaving, end every part and publish the last events."""
        async with asyncio.TaskGroup() as group:
            names = [type(part).__name__ for part in self.parts]
            tasks = [
                group.create_task(part.work(), name=name)
                for part, name in zip(self.parts, names, strict=True)
            ]
            tasks.append(group.create_task(self._keep_house(), name="housekeeping"))
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(DRAIN_SECONDS):
                        await publish(self._desk.publisher, self._desk.events.take())

    async def _keep_house(self) -> None:
        while True:
            await publish(self._desk.publisher, self._desk.events.take())
            await asyncio.sleep(HOUSEKEEPING_SECONDS)

    def counts(self) -> dict[str, int | float]:
        """Return what all parts have counted."""
        own = {name: count for part in self.parts for name, count in part.counts().items()}
        return {**own, **asdict(self._desk.publisher.statistics)}

    def find(self) -> Findings:
        """Return how the service is: degraded while a part has a trouble."""
        troubles = [trouble for part in self.parts for trouble in part.troubles()]
        return Findings(HealthState.DEGRADED if troubles else HealthState.HEALTHY, troubles, [])
