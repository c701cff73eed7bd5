"""Names that must be used once only in a whole plant: of devices, and of the sensors they begin."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from integrations.configuration import Fault
from integrations.devices import ConnectionConfig
from integrations.devices.classes import device_classes

Devices = Mapping[str, tuple[ConnectionConfig, ...]]


def shared_ids(document: Mapping[str, Any], devices: Devices) -> Iterator[Fault]:
    """Yield ids that several devices have, those with faults of their own included."""
    keys = {name: device_class.id_key for name, device_class in device_classes().items()}
    ids = [
        (one, name)
        for name, configs in devices.items()
        for one in _written(document.get(name), keys[name]) or [getattr(each, keys[name]) for each in configs]
    ]
    counts = Counter(one for one, _ in ids)
    for one, name in dict(ids).items():
        if counts[one] > 1:
            yield Fault(name, keys[name], one, "must be used once only")


def shared_sensors(devices: Devices) -> Iterator[Fault]:
    """Yield ids of devices that are also what another device calls one of its sensors."""
    classes = device_classes()
    known = {
        getattr(config, classes[name].id_key): (name, config)
        for name, configs in devices.items()
        for config in configs
    }
    for one, (name, _) in known.items():
        for other in _beginnings(one):
            if other in known and one in classes[known[other][0]].expectations(known[other][1]):
                allowed = f"must not be the name of a sensor of {known[other][0]} {other!r}"
                yield Fault(name, classes[name].id_key, one, allowed)


def _beginnings(name: str) -> Iterator[str]:
    """Yield what stands before each hyphen."""
    parts = name.split("-")
    return ("-".join(parts[:end]) for end in range(1, len(parts)))


def _written(tables: Any, key: str) -> list[str]:
    """Return the ids that tables of devices give; none where one does not, so that its default counts."""
    if not isinstance(tables, list) or not all(isinstance(table, Mapping) for table in tables):
        return []
    ids = [table.get(key) for table in tables]
    return ids if all(isinstance(one, str) for one in ids) else []
