"""What a protocol offers the meter: its faults of configuration, its readout, its source."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from integrations.configuration import Fault
from integrations.devices.steam_meter.fields import SteamMeterFields
from integrations.devices.steam_meter.readout import MeterSource, Readout

Clock = Callable[[], float]
NowNs = Callable[[], int]


@dataclass(frozen=True)
class SourceKind:
    """One way to read a meter."""

    faults: Callable[[SteamMeterFields], Iterator[Fault]]
    """What is wrong with the fields of this protocol; empty before `readout` may be called."""
    readout: Callable[[SteamMeterFields], Readout]
    source: Callable[[SteamMeterFields, Clock, NowNs], MeterSource]
    """Makes the source; opens nothing yet."""
    key: str
    """Key of the configuration that names the quantities."""
    place: Callable[[SteamMeterFields], str]
    """Which of the devices at the address it is, for people: `unit 1`."""
