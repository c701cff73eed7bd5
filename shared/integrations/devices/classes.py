"""Device classes, found by looking at the folders of this room: each offers a DEVICE_CLASS."""

import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from .config import ConnectionConfig
from .polled import PolledConnector


@dataclass(frozen=True)
class Expectation:
    """What a device's configuration says about one of its sensors; limits are in `unit`."""

    quantity: str
    unit: str
    interval_seconds: float
    min_valid: float | None = None
    max_valid: float | None = None
    change_per_minute: float | None = None
    resolution: float = 0.0
    """Smallest step that the device can show; 0 when it has none to speak of."""


@dataclass(frozen=True)
class DeviceClass:
    """What a service needs to know of a class of devices."""

    name: str
    """Folder, service, token in subjects and table in the configuration."""
    config: type[ConnectionConfig]
    connectors: Callable[[Sequence[Any]], Sequence[PolledConnector]]
    """From the configurations of all its devices to what polls them; see `one_each`."""
    id_key: str
    """Configuration key that names the device."""
    expectations: Callable[[Any], Mapping[str, "Expectation"]]
    """From a device's configuration: what its sensors are expected to say, by sensor id."""
    environment: tuple[str, ...] = ()
    """Keys of text that variables may set beside host, port and protocol: SCADA_USERNAME."""

    @property
    def environment_prefix(self) -> str:
        """Begins the variables that describe one device of this class: STEAM_METER_HOST."""
        return f"{self.name.upper()}_"


def one_each(connector: Callable[[Any], PolledConnector]) -> Callable[[Sequence[Any]], list[PolledConnector]]:
    """Return the `connectors` of a class whose devices each have a connection of their own."""
    return lambda configs: [connector(config) for config in configs]


@cache
def device_classes() -> dict[str, DeviceClass]:
    """Return every device class by name."""
    package = import_module(__package__)
    rooms = [module.name for module in pkgutil.iter_modules(package.__path__) if module.ispkg]
    found = (import_module(f"{__package__}.{room}").DEVICE_CLASS for room in rooms)
    return {device_class.name: device_class for device_class in found}
