"""A whole site examined: bus, streams, consumers, services, clocks and permissions, one after the other."""

from collections.abc import AsyncIterator, Callable

from integrations.bus import Bus, JetStreamError, JetStreamUnavailableError
from integrations.runtime.discovery import discover
from integrations.runtime.operations.bus_check import look_at_bus
from integrations.runtime.operations.clock_check import look_at_clocks
from integrations.runtime.operations.consumer_check import look_at_consumers
from integrations.runtime.operations.finding import Finding, fault
from integrations.runtime.operations.instances import ask_all
from integrations.runtime.operations.patient import Patient
from integrations.runtime.operations.permission_check import look_at_permissions
from integrations.runtime.operations.service_check import look_at_services
from integrations.runtime.operations.stream_check import look_at_streams
from integrations.runtime.plant.settings import Plant

Look = Callable[[Patient], AsyncIterator[Finding]]

LOOKS: tuple[tuple[str, Look], ...] = (
    ("bus", look_at_bus),
    ("permissions", look_at_permissions),
    ("streams", look_at_streams),
    ("consumers", look_at_consumers),
    ("services", look_at_services),
    ("clocks", look_at_clocks),
)


async def examine(plant: Plant, bus: Bus, *, patience_seconds: float) -> list[Finding]:
    """Return everything that was looked at; what cannot be looked at is a fault of its own."""
    instances = await ask_all(bus, await discover(bus, patience_seconds=patience_seconds))
    patient = Patient(plant, bus, [one for one in instances if one.found.site == plant.site])
    findings: list[Finding] = []
    for topic, look in LOOKS:
        try:
            async for finding in look(patient):
                findings.append(finding)  # noqa: PERF401  # what was found before a look failed is kept
        except (JetStreamError, JetStreamUnavailableError) as error:
            advice = (
                "see what nats-server's log says; is JetStream enabled, and may these credentials ask it?"
            )
            findings.append(fault(topic, f"cannot be looked at: {error}", advice))
    return findings
