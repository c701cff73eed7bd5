"""The plant's configuration: one TOML file for all services, and the environment."""

import os
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integrations.bus import BusSettings, StreamSettings
from integrations.configuration import ConfigurationError, Fault, FaultList, read_struct
from integrations.devices import ConnectionConfig, SimulationPolicy
from integrations.devices.classes import DeviceClass, device_classes
from integrations.messages import ContentType, MessageError, check_token
from integrations.transformation import CleaningSettings

from .environment import bus_from, defaults_from, device_from

DEFAULT_SITE = "plant1"


@dataclass(frozen=True)
class Plant:
    """Everything the services are told."""

    site: str
    content_type: ContentType
    bus: BusSettings
    devices: Mapping[str, tuple[ConnectionConfig, ...]]
    """Configurations by device class."""
    streams: StreamSettings
    cleaning: CleaningSettings


def load_plant(path: Path | None, environment: Mapping[str, str] | None = None) -> Plant:
    """Read the plant from `path` and the environment; without a file from the environment alone.

    Raises:
        ConfigurationError: lists every fault of the file and the environment at once.
    """
    environment = os.environ if environment is None else environment
    return read_plant(_toml(path) if path else {}, environment)


def read_plant(document: Mapping[str, Any], environment: Mapping[str, str]) -> Plant:
    """Build the plant from a parsed document; see `load_plant`."""
    faults = FaultList(_unknown_tables(document))
    site = environment.get("SITE") or document.get("site", DEFAULT_SITE)
    content_type = environment.get("CONTENT_TYPE") or document.get("content_type", ContentType.JSON)
    faults.extend(_top_level(site, content_type))
    bus = _section(BusSettings, document.get("nats", {}), "nats", faults, bus_from(environment))
    streams = _section(StreamSettings, document.get("streams", {}), "streams", faults)
    cleaning = _section(CleaningSettings, document.get("transformation", {}), "transformation", faults)
    defaults = _defaults(document, environment, faults)
    devices = {
        name: _devices(device_class, document.get(name, []), defaults, environment, faults)
        for name, device_class in device_classes().items()
    }
    faults.extend(_shared_ids(devices))
    faults.raise_any()
    return Plant(str(site), ContentType(content_type), bus, devices, streams, cleaning)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            [Fault("", str(path), str(error.strerror), "must be a readable file")]
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError([Fault("", str(path), str(error), "must be valid TOML")]) from None


def _unknown_tables(document: Mapping[str, Any]) -> list[Fault]:
    known = {"site", "content_type", "nats", "streams", "transformation", "defaults", *device_classes()}
    allowed = f"is not known here; known: {', '.join(sorted(known))}"
    return [Fault("", key, value, allowed) for key, value in document.items() if key not in known]


def _top_level(site: object, content_type: object) -> list[Fault]:
    faults = []
    try:
        check_token("site", str(site) if isinstance(site, str) else "")
    except MessageError:
        faults.append(Fault("", "site", site, "must be letters, digits, _ or -"))
    if content_type not in list(ContentType):
        faults.append(Fault("", "content_type", content_type, f"must be one of {', '.join(ContentType)}"))
    return faults


def _section(
    cls: Any, table: Any, where: str, faults: FaultList, overrides: Mapping[str, Any] | None = None
) -> Any:
    """Read one table into `cls`; None after a fault."""
    try:
        return read_struct(cls, {**table, **(overrides or {})} if isinstance(table, Mapping) else table)
    except ConfigurationError as error:
        faults.absorb(error, where)
        return None


def _defaults(
    document: Mapping[str, Any], environment: Mapping[str, str], faults: FaultList
) -> dict[str, Any]:
    """Return the connection keys that hold for every device unless its own table says otherwise."""
    table = document.get("defaults", {})
    from_environment, bad = defaults_from(environment)
    faults.extend(bad)
    merged = {"simulation": SimulationPolicy.NEVER.value, **from_environment, **table}
    _section(ConnectionConfig, {"host": "any", "port": 1, **merged}, "defaults", faults)
    return merged


def _devices(
    device_class: DeviceClass,
    tables: Any,
    defaults: Mapping[str, Any],
    environment: Mapping[str, str],
    faults: FaultList,
) -> tuple[ConnectionConfig, ...]:
    if not isinstance(tables, list):
        faults.append(Fault("", device_class.name, tables, f"must be tables headed [[{device_class.name}]]"))
        return ()
    if not tables and (alone := device_from(environment, device_class.environment_prefix)):
        tables = [alone]
    found = []
    for at, table in enumerate(tables):
        where = f"{device_class.name}[{at}]"
        merged = {**defaults, **table} if isinstance(table, Mapping) else table
        if config := _section(device_class.config, merged, where, faults):
            found.append(config)
    return tuple(found)


def _shared_ids(devices: Mapping[str, tuple[ConnectionConfig, ...]]) -> list[Fault]:
    faults = []
    for name, configs in devices.items():
        key = device_classes()[name].id_key
        counts = Counter(getattr(config, key) for config in configs)
        faults += [Fault(name, key, one, "must be used once only") for one, n in counts.items() if n > 1]
    return faults
