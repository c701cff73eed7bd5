"""The services: all that the plant's file asks for, each once, of one version, and well."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator

from integrations.bus import BusEventKind
from integrations.messages import HealthState
from integrations.runtime.metrics.catalogue import BUS_EVENTS
from integrations.runtime.operations.expected import missing_services
from integrations.runtime.operations.finding import Finding, fault, warning, well
from integrations.runtime.operations.instances import Instance
from integrations.runtime.operations.patient import Patient

TOPIC = "services"
MOST_TROUBLES = 5
_TELLING = {
    BusEventKind.PERMISSION_DENIED: (
        "was refused by nats-server {count} times: it may not use a subject that it needs",
        "its log names the subject: grant it to its user",
    ),
    BusEventKind.SLOW_CONSUMER: (
        "lost messages {count} times: it could not take them as fast as they came",
        "give it more processor, or run more of them",
    ),
}


async def look_at_services(patient: Patient) -> AsyncIterator[Finding]:
    """Yield who is missing, who is not well, and what the instances have met on the bus."""
    for name in missing_services(patient.plant, patient.instances):
        advice = f"start it: python -m services.{name} --config plant.toml"
        yield fault(TOPIC, f"{name} is configured, and no instance of it answers", advice)
    for one in patient.instances:
        for finding in _about(one):
            yield finding
    for finding in (*_twice(patient), *_versions(patient), *_met(patient)):
        yield finding
    sound = sum(one.well for one in patient.instances)
    yield well(TOPIC, f"{sound} of {len(patient.instances)} instances at {patient.plant.site} are healthy")


def _about(one: Instance) -> Iterator[Finding]:
    if one.well:
        return
    told = "; ".join(one.troubles[:MOST_TROUBLES]) or "it does not say why"
    more = len(one.troubles) - MOST_TROUBLES
    text = f"{one.name} is {one.state}: {told}" + (f"; and {more} more" if more > 0 else "")
    bad = one.health is None or one.health.state is HealthState.UNHEALTHY
    advice = "see its log; gl003 status --json has all of its devices"
    yield (fault if bad else warning)(TOPIC, text, advice)


def _twice(patient: Patient) -> Iterator[Finding]:
    names = Counter(one.name for one in patient.instances)
    for name, count in names.items():
        if count > 1:
            advice = "give each an INSTANCE of its own: requests reach any of them"
            yield warning(TOPIC, f"{count} processes call themselves {name}", advice)
    devices = Counter(
        (one.found.service, device.device_id)
        for one in patient.instances
        for device in (one.health.devices if one.health else ())
    )
    twice = sorted(f"{service} {device}" for (service, device), count in devices.items() if count > 1)
    if twice:
        advice = "run one acquisition service for each device: readings would be counted twice"
        yield fault(TOPIC, f"read by more than one instance: {', '.join(twice[:MOST_TROUBLES])}", advice)


def _versions(patient: Patient) -> Iterator[Finding]:
    versions = sorted({one.found.version for one in patient.instances})
    if len(versions) > 1:
        yield warning(TOPIC, f"versions {', '.join(versions)} run side by side", "finish the upgrade")


def _met(patient: Patient) -> Iterator[Finding]:
    for one, attributes, count in patient.telemetry(BUS_EVENTS.name):
        for kind, (text, advice) in _TELLING.items():
            if attributes.get("kind") == kind.value and count:
                yield warning(TOPIC, f"{one.name} {text.format(count=int(count))}", advice)
