"""Who is examined: a plant as configured, its bus, and the instances that answered there."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.bus import Bus, agent_stream_configs, stream_configs
from integrations.runtime.coordination.parts import SERVICE as COORDINATION
from integrations.runtime.operations.instances import Instance
from integrations.runtime.plant.settings import Plant


@dataclass(frozen=True)
class Patient:
    """A site; `instances` are those of its own services."""

    plant: Plant
    bus: Bus
    instances: Sequence[Instance]

    def declared(self) -> list[dict[str, Any]]:
        """Return the streams that its services make; those of agents where their coordination runs."""
        streams = stream_configs(self.plant.streams, self.plant.site)
        if any(one.found.service == COORDINATION for one in self.instances):
            streams += agent_stream_configs(self.plant.streams)
        return streams

    def telemetry(self, name: str) -> Iterator[tuple[Instance, dict[str, Any], float]]:
        """Yield the values of an OpenTelemetry metric, by instance and attributes."""
        for one in self.instances:
            for point in _points(one):
                value = point.get("value")
                if point.get("name") == name and isinstance(value, int | float):
                    yield one, dict(point.get("attributes") or {}), value


def _points(instance: Instance) -> Iterable[dict[str, Any]]:
    return instance.metrics.telemetry if instance.metrics else ()
