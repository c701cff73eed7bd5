"""What the coordination service consists of, and what each part is given and gives."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from integrations.bus import Bus, Endpoint, Publisher
from integrations.coordination import MessageBus
from integrations.runtime.events import EventReporter
from integrations.runtime.identity import Identity
from integrations.runtime.metrics.metric import Measures
from integrations.runtime.plant.settings import Plant

SERVICE = "coordination"


@dataclass(frozen=True)
class Desk:
    """What every part works with; the service opens and closes it."""

    plant: Plant
    identity: Identity
    bus: Bus
    publisher: Publisher
    events: EventReporter
    """Told from anywhere; the service publishes them."""
    agents: MessageBus
    """The way to all agents, and who there is; over the same connection."""


class Part:
    """One of the things that the service does; a part overrides what it has."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def work(self) -> None:
        """Work until cancelled; the bus and the publisher are still there when that comes."""

    def endpoints(self) -> Sequence[Endpoint]:
        """Return what can be asked of this part, on `gl.<site>.svc.coordination.<instance>.<endpoint>`."""
        return ()

    def counts(self) -> Mapping[str, int | float]:
        """Return what it has counted since its start, by names that are its own."""
        return {}

    def measures(self) -> Measures:
        """Return where the values of its metrics come from."""
        return {}

    def troubles(self) -> Sequence[str]:
        """Return what keeps it from its work, in words; nothing while it is well."""
        return ()


PartMaker = Callable[[Desk], Part]
