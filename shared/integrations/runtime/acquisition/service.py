"""An acquisition service: the devices of one class polled, their readings and events put on the bus."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from typing import Any

import structlog

from integrations.bus import (
    Bus,
    DiskOutbox,
    Forwarder,
    Gap,
    OutboxSettings,
    Publisher,
    Refusal,
    Trouble,
    ensure_streams,
    open_bus,
    stream_configs,
)
from integrations.configuration import MISSING, ConfigurationError, Fault
from integrations.devices import (
    ConnectionConfig,
    ConnectionState,
    DeviceEvent,
    PolledConnector,
    Sample,
    StateChange,
)
from integrations.devices.classes import DeviceClass
from integrations.messages import ContentType, HealthState, Severity, Subjects, token_from
from integrations.resilience import CircuitState, CircuitTransition
from integrations.runtime.acquisition.absence import last_heard_ns
from integrations.runtime.acquisition.endpoints import DeviceEndpoints
from integrations.runtime.acquisition.measures import measures_of
from integrations.runtime.acquisition.readings import RawWriter
from integrations.runtime.acquisition.sending import Sender
from integrations.runtime.acquisition.steam_flows import following_steam_flows
from integrations.runtime.acquisition.writing import WriteEndpoint
from integrations.runtime.endpoints import CommonEndpoints, Findings, serve
from integrations.runtime.events import EVENT_ID, EventReporter
from integrations.runtime.identity import Identity
from integrations.runtime.metrics.catalogue import POLL_DURATION
from integrations.runtime.metrics.metric import Measures
from integrations.runtime.plant.settings import Plant
from integrations.runtime.process.life import Stop
from integrations.runtime.process.telemetry import Telemetry
from integrations.runtime.storing import with_storing
from integrations.runtime.upkeep import keeping_streams
from integrations.runtime.watching import watch

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 5.0
"""How long the last readings may take to reach the bus when the service stops."""
IN_HAND_NS = 500_000_000
"""How much later than others a reading may come into the outbox."""


async def run_acquisition(
    device_class: DeviceClass, plant: Plant, instance: str, version: str, telemetry: Telemetry, stop: Stop
) -> None:
    """Serve the devices of one class until `stop`."""
    connectors = list(device_class.connectors(_configured(device_class, plant)))
    identity = Identity(plant.site, device_class.name, instance, version)
    declared = stream_configs(plant.streams, plant.site)
    service = Acquisition(identity, plant.content_type, connectors, plant.outbox)
    devices = DeviceEndpoints(connectors)
    find = with_storing(lambda: service.found_with(devices.find()), lambda: service.publisher)
    writes = WriteEndpoint(connectors, service.events, lambda: service.events.flush(service.outbox))
    common = CommonEndpoints(
        identity, telemetry, find=find, counts=service.counts, device_metrics=service.device_metrics
    )
    record = telemetry.recorder(POLL_DURATION)
    for connector in connectors:
        connector.metrics.on_answer = record
    async with contextlib.AsyncExitStack() as stack, stop.cuts_short():
        await stack.enter_async_context(service.outbox)
        await stack.enter_async_context(service.polling())  # what the bus misses waits in the outbox
        bus = await stack.enter_async_context(open_bus(plant.bus, name=f"{device_class.name}-{instance}"))
        await ensure_streams(bus, declared)
        await service.tell_absence(bus)
        streams = await stack.enter_async_context(keeping_streams(bus, declared))
        await stack.enter_async_context(service.forwarding(bus))
        await stack.enter_async_context(serve(bus, identity, [*common.all(), *devices.all(), *writes.all()]))
        await stack.enter_async_context(following_steam_flows(bus, plant.site, connectors))
        watch(telemetry, bus, streams, find, service.measures())
        log.info("acquisition runs", devices=len(connectors), bus=bus.url, site=plant.site)
        await stop.wait()


def _configured(device_class: DeviceClass, plant: Plant) -> tuple[ConnectionConfig, ...]:
    configs = plant.devices[device_class.name]
    if not configs:
        raise ConfigurationError([Fault("", device_class.name, MISSING, "must describe at least one device")])
    return configs


class Acquisition:
    """Connectors, and the outbox that their samples and events go through."""

    def __init__(
        self,
        identity: Identity,
        content_type: ContentType,
        connectors: list[PolledConnector],
        outbox: OutboxSettings,
        *,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.connectors = connectors
        name = "-".join(filter(None, (identity.site, identity.service, os.environ.get("INSTANCE"))))
        self.outbox = DiskOutbox(
            token_from(name), outbox, on_gap=self._on_gap, on_trouble=self._on_outbox_trouble
        )
        self._sender = Sender(self.outbox)
        self.publisher: Publisher | None = None
        self.events = EventReporter(identity, content_type, now_ns=now_ns)
        self._identity = identity
        self._subjects = Subjects(identity.site)
        self._content_type = content_type
        self._epoch_ns = now_ns()
        self._connecting: list[asyncio.Task[bool]] = []
        for connector in connectors:
            self._attach(connector)

    def counts(self) -> dict[str, int | float]:
        """Return what the service has counted since its start."""
        calls = [connector.metrics for connector in self.connectors]
        counted = {
            "polls": sum(each.total_calls for each in calls),
            "polls_failed": sum(each.failed_calls for each in calls),
            "overruns": sum(connector.grid.overruns for connector in self.connectors),
            "outbox_depth": self.outbox.depth,
            "outbox_bytes": self.outbox.size,
            "outbox_dropped": self.outbox.dropped,
        }
        return counted | (asdict(self.publisher.statistics) if self.publisher else {})

    def found_with(self, devices: Findings) -> Findings:
        """Return the health of the devices with that of the outbox."""
        state = HealthState.DEGRADED if devices.state is HealthState.HEALTHY else devices.state
        return devices.led_by(self.outbox.trouble, state)

    def measures(self) -> Measures:
        """Return where the values of the service's metrics come from."""
        return measures_of(self.connectors, self.outbox, lambda: self.publisher)

    def device_metrics(self) -> dict[str, dict[str, Any]]:
        """Return each connector's metrics by device."""
        return {connector.device_id: connector.get_metrics() for connector in self.connectors}

    async def tell_absence(self, bus: Bus) -> None:
        """Tell since when nothing was read, if an earlier life has read: what it had in hand may be lost."""
        sources = (connector.device_id for connector in self.connectors)
        since = await last_heard_ns(bus, (self._subjects.raw(self._identity.service, one) for one in sources))
        if since is None:
            return
        since = max(since, self.outbox.left_ns - IN_HAND_NS)  # up to then all is here, or on its way
        until = max(since, self._epoch_ns)
        self.events.tell(
            "service",
            "service_away",
            f"{self._identity.service} was away for {(until - since) / 1e9:.1f} s:"
            " what it had in hand when it ended may be lost",
            first_time_ns=since,
            last_time_ns=until,
        )

    @contextlib.asynccontextmanager
    async def forwarding(self, bus: Bus) -> AsyncIterator[None]:
        """Keep the outbox draining; on leaving, end the polling and wait a little for what is still in it."""
        async with Publisher(bus) as self.publisher, asyncio.TaskGroup() as group:
            forwarder = Forwarder(self.outbox, self.publisher, on_refused=self._on_refused)
            draining = group.create_task(forwarder.run(), name="forwarder")
            try:
                yield
            finally:
                await self._stop_polling()
                await self._drain()
                draining.cancel()

    @contextlib.asynccontextmanager
    async def polling(self) -> AsyncIterator[None]:
        """Connect every device, each in its own time, and poll until left."""
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(self._sender.run(), name="sender")
            self._connecting = [group.create_task(connector.connect()) for connector in self.connectors]
            try:
                yield
            finally:
                await self._stop_polling()
                sending.cancel()

    async def _stop_polling(self) -> None:
        for task in self._connecting:
            task.cancel()
        try:
            await asyncio.gather(*map(_disconnected, self.connectors))
        finally:
            await self._sender.flush()

    async def _drain(self) -> None:
        await self.events.flush(self.outbox)
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self.outbox.emptied()
        except TimeoutError:
            log.info("stopped before the bus had everything", messages=self.outbox.depth)

    def _attach(self, connector: PolledConnector) -> None:
        writer = RawWriter(
            self._identity,
            connector.device_id,
            connector.channels,
            epoch_ns=self._epoch_ns,
            content_type=self._content_type,
        )

        async def on_sample(sample: Sample) -> None:
            await self._sender.send(writer, sample)
            await self.events.flush(self.outbox)

        connector.on_sample(on_sample)
        connector.on_state(lambda change: self._on_state(connector, change))
        connector.on_event(lambda event: self._on_device_event(connector, event))
        if connector.circuit_breaker:
            connector.circuit_breaker.observe(lambda change: self._on_circuit(connector, change))

    def _on_state(self, connector: PolledConnector, change: StateChange) -> None:
        well = change.after in (
            ConnectionState.CONNECTED,
            ConnectionState.CONNECTING,
            ConnectionState.DISCONNECTED,
        )
        self.events.tell(
            connector.place_id,
            "connection_state",
            f"{connector.name} is {change.after.value}: {change.reason}",
            Severity.INFO if well else Severity.WARNING,
            before=change.before.value,
            after=change.after.value,
            reason=change.reason,
            devices=", ".join(connector.device_ids),
        )

    def _on_circuit(self, connector: PolledConnector, change: CircuitTransition) -> None:
        self.events.tell(
            connector.place_id,
            "circuit_state",
            f"circuit of {connector.name} is {change.after.value}: {change.reason}",
            Severity.WARNING if change.after is CircuitState.OPEN else Severity.INFO,
            before=change.before.value,
            after=change.after.value,
            reason=change.reason,
            devices=", ".join(connector.device_ids),
            failure_count=change.failure_count,
        )

    def _on_device_event(self, connector: PolledConnector, event: DeviceEvent) -> None:
        subject = event.sensor_id or connector.device_id
        self.events.tell(subject, event.kind, event.text, event.severity, **event.facts)

    def _on_gap(self, gap: Gap) -> None:
        self.events.tell(
            "outbox",
            "outbox_gap",
            f"{gap.count} messages were lost while the bus was away: the outbox was full",
            Severity.ERROR,
            count=gap.count,
            first_time_ns=gap.first_time_ns,
            last_time_ns=gap.last_time_ns,
        )

    def _on_outbox_trouble(self, trouble: Trouble) -> None:
        self.events.tell("outbox", trouble.kind, trouble.text, trouble.severity)

    def _on_refused(self, refusal: Refusal) -> None:
        if refusal.message.message_id.startswith(EVENT_ID):
            return  # an event about a refused event would be refused as well, and so on
        self.events.tell(
            refusal.message.subject,
            "publish_refused",
            f"{refusal.message.subject}: {refusal.reason}",
            Severity.ERROR,
        )


async def _disconnected(connector: PolledConnector) -> None:
    """Disconnect, as far as that goes: what one leaves undone must not keep the readings of all."""
    try:
        await connector.disconnect()
    except Exception:
        log.exception("device did not disconnect well", device=connector.device_id)
