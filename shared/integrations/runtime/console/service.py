"""The service of the console: follows the bus, serves the page, and changes nothing unless told to."""

import asyncio
import contextlib
from dataclasses import asdict

import structlog

from integrations.bus import Publisher, open_bus
from integrations.configuration import MISSING, ConfigurationError, Fault
from integrations.messages import HealthState
from integrations.runtime.console.application import Console
from integrations.runtime.console.config import SERVICE
from integrations.runtime.console.desk import Desk
from integrations.runtime.console.fan_out import FanOut
from integrations.runtime.console.feed import Feed
from integrations.runtime.console.serving import serving
from integrations.runtime.endpoints import CommonEndpoints, Findings, serve
from integrations.runtime.events import EventReporter
from integrations.runtime.identity import Identity
from integrations.runtime.metrics.catalogue import CONSOLE_BROWSERS, CONSOLE_REFUSED, PUBLISHED
from integrations.runtime.metrics.metric import alone
from integrations.runtime.metrics.outcomes import outcomes
from integrations.runtime.plant.settings import Plant
from integrations.runtime.process.life import Stop
from integrations.runtime.process.telemetry import Telemetry
from integrations.runtime.transformation.chunks import publish
from integrations.runtime.upkeep import KeptStreams
from integrations.runtime.watching import watch

log = structlog.get_logger(__name__)

HOUSEKEEPING_SECONDS = 0.25


async def run_console(plant: Plant, instance: str, version: str, telemetry: Telemetry, stop: Stop) -> None:
    """Serve the console until `stop`."""
    if not plant.console.has_login:
        allowed = "must be given, or token_file, operator_token, operator_token_file or user_header"
        raise ConfigurationError([Fault("console", "token", MISSING, allowed)])
    identity = Identity(plant.site, SERVICE, instance, version)
    async with contextlib.AsyncExitStack() as stack, stop.cuts_short():
        bus = await stack.enter_async_context(open_bus(plant.bus, name=f"{SERVICE}-{instance}"))
        publisher = await stack.enter_async_context(Publisher(bus))
        events, fan_out = EventReporter(identity, plant.content_type), FanOut()
        feed = Feed(bus, plant, fan_out)
        console = Console(Desk(plant, identity, bus, fan_out, feed, events))

        def counts() -> dict[str, int | float]:
            return {
                "browsers": len(fan_out),
                "sensors": fan_out.sensors,
                "refused": refused(),
                **asdict(publisher.statistics),
            }

        def refused() -> int:
            return console.live.refused + console.app.pace.refused + console.connections.refused

        common = CommonEndpoints(identity, telemetry, find=lambda: _find(feed), counts=counts)
        await stack.enter_async_context(serve(bus, identity, common.all()))
        await stack.enter_async_context(feed.running())
        measures = {
            CONSOLE_BROWSERS: alone(lambda: len(fan_out)),
            CONSOLE_REFUSED: alone(refused),
            PUBLISHED: lambda: outcomes(publisher),
        }
        watch(telemetry, bus, KeptStreams(), lambda: _find(feed), measures)
        address = await stack.enter_async_context(
            serving(console.app, plant.console, console.connections, fan_out.close)
        )
        log.info("the console is served", address=address, bus=bus.url, site=plant.site)
        while not stop.is_set():
            await asyncio.sleep(HOUSEKEEPING_SECONDS)
            await publish(publisher, events.take())


def _find(feed: Feed) -> Findings:
    troubles = feed.troubles()
    return Findings(HealthState.DEGRADED if troubles else HealthState.HEALTHY, troubles, [])
