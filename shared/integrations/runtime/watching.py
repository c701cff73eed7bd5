"""A running service shown to its operators: whether it is ready, and the metrics that all services have."""

from collections.abc import Callable

from integrations.bus import Bus
from integrations.messages import HealthState
from integrations.runtime.endpoints import Findings
from integrations.runtime.metrics.catalogue import BUS_CONNECTED, BUS_EVENTS, HEALTH, STREAMS_MISSING
from integrations.runtime.metrics.metric import Measures, Values, alone
from integrations.runtime.process.telemetry import Telemetry
from integrations.runtime.upkeep import KeptStreams


def watch(
    telemetry: Telemetry,
    bus: Bus,
    streams: KeptStreams,
    find: Callable[[], Findings],
    measures: Measures,
) -> None:
    """Show the service through `telemetry`: its `measures`, and what it has in common with all others."""

    def states() -> Values:
        now = find().state
        return [(float(state is now), {"state": state.value}) for state in HealthState]

    def events() -> Values:
        return [(count, {"kind": kind.value}) for kind, count in tuple(bus.counts.items())]

    telemetry.ready_unless(lambda: _not_ready(bus, streams))
    telemetry.measure(
        {
            HEALTH: states,
            BUS_CONNECTED: alone(lambda: bus.connected),
            BUS_EVENTS: events,
            STREAMS_MISSING: alone(lambda: len(streams.missing)),
            **measures,
        }
    )


def _not_ready(bus: Bus, streams: KeptStreams) -> list[str]:
    if not bus.connected:
        return ["not connected to the bus"]
    if streams.missing:
        return [f"streams are missing: {', '.join(streams.missing)}"]
    return [f"streams cannot be looked at: {streams.trouble}"] if streams.trouble else []
