"""What answers to browsers are made from."""

from dataclasses import dataclass

from integrations.bus import Bus
from integrations.runtime.console.fan_out import FanOut
from integrations.runtime.console.feed import Feed
from integrations.runtime.events import EventReporter
from integrations.runtime.identity import Identity
from integrations.runtime.plant.settings import Plant


@dataclass(frozen=True)
class Desk:
    """The service opens and closes what is on it."""

    plant: Plant
    identity: Identity
    bus: Bus
    fan_out: FanOut
    feed: Feed
    events: EventReporter
