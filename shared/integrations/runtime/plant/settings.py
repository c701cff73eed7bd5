"""The plant's configuration: one TOML file for all services, and the environment."""

import os
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from integrations.bus import (
    BUS_VARIABLES,
    STREAM_VARIABLES,
    BusSettings,
    OutboxSettings,
    StreamSettings,
    bus_from,
    streams_from,
)
from integrations.configuration import ConfigurationError, Fault, FaultList, read_struct
from integrations.coordination.analyzer import SteamSystemConfig
from integrations.coordination.tasks.settings import TaskSettings
from integrations.devices import ConnectionConfig, SimulationPolicy
from integrations.devices.classes import DeviceClass, device_classes
from integrations.messages import NO_SITES, ContentType, MessageError, check_site
from integrations.runtime.balances.config import BalanceConfig
from integrations.runtime.console.config import ConsoleSettings
from integrations.runtime.plant.environment import (
    CONNECTION_NAMES,
    CONSOLE_VARIABLES,
    ENVIRONMENT,
    HTTP_VARIABLES,
    OUTBOX_VARIABLES,
    console_from,
    defaults_from,
    device_from,
    device_names,
    http_from,
    outbox_from,
    simulation_faults,
)
from integrations.runtime.plant.http import HttpSettings
from integrations.runtime.plant.ids import shared_ids, shared_sensors
from integrations.runtime.plant.serial_ports import port_faults
from integrations.transformation import CleaningSettings

DEFAULT_SITE = "plant1"
_TABLES = (
    "nats",
    "http",
    "streams",
    "outbox",
    "transformation",
    "balances",
    "steam_system",
    "tasks",
    "console",
    "defaults",
)


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
    http: HttpSettings = field(default_factory=HttpSettings)
    balances: tuple[BalanceConfig, ...] = ()
    outbox: OutboxSettings = field(default_factory=OutboxSettings)
    steam_system: SteamSystemConfig = field(default_factory=SteamSystemConfig)
    tasks: TaskSettings = field(default_factory=TaskSettings)
    console: ConsoleSettings = field(default_factory=ConsoleSettings)


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
    faults.extend(_top_level(site, content_type, environment))
    faults.extend(simulation_faults(environment))
    bus = _section(
        BusSettings, document.get("nats", {}), "nats", faults, bus_from(environment), BUS_VARIABLES
    )
    streams = _section(
        StreamSettings,
        document.get("streams", {}),
        "streams",
        faults,
        streams_from(environment),
        STREAM_VARIABLES,
    )
    http = _section(
        HttpSettings, document.get("http", {}), "http", faults, http_from(environment), HTTP_VARIABLES
    )
    waiting, given = document.get("outbox", {}), outbox_from(environment)
    outbox = _section(OutboxSettings, waiting, "outbox", faults, given, OUTBOX_VARIABLES)
    cleaning = _section(CleaningSettings, document.get("transformation", {}), "transformation", faults)
    defaults = _defaults(document, environment, faults)
    devices = {
        name: _devices(device_class, document.get(name, []), defaults, environment, faults)
        for name, device_class in _in_order_of(document, device_classes())
    }
    balances = _balances(document.get("balances", []), faults)
    steam_system = _section(SteamSystemConfig, document.get("steam_system", {}), "steam_system", faults)
    tasks = _section(TaskSettings, document.get("tasks", {}), "tasks", faults)
    table, given = document.get("console", {}), console_from(environment)
    console = _section(ConsoleSettings, table, "console", faults, given, CONSOLE_VARIABLES)
    faults.extend(shared_ids(document, devices))
    faults.extend(shared_sensors(devices))
    faults.extend(port_faults(devices))
    faults.raise_any()
    return Plant(
        str(site),
        ContentType(content_type),
        bus,
        devices,
        streams,
        cleaning,
        http,
        balances,
        outbox,
        steam_system,
        tasks,
        console,
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # Notepad begins files with a mark
    except OSError as error:
        raise ConfigurationError(
            [Fault("", str(path), str(error.strerror), "must be a readable file")]
        ) from None
    except (ValueError, RecursionError) as error:  # numbers of 5,000 digits and deep nesting among them
        raise ConfigurationError([Fault("", str(path), str(error), "must be valid TOML")]) from None


def _unknown_tables(document: Mapping[str, Any]) -> list[Fault]:
    known = {"site", "content_type", *_TABLES, *device_classes()}
    allowed = f"is not known here; known: {', '.join(sorted(known))}"
    return [Fault("", key, value, allowed) for key, value in document.items() if key not in known]


def _top_level(site: object, content_type: object, environment: Mapping[str, str]) -> list[Fault]:
    faults = []
    try:
        check_site(str(site) if isinstance(site, str) else "")
    except MessageError:
        allowed = f"must be letters, digits, _ or -, and none of {', '.join(NO_SITES)}"
        faults.append(_either("site", "SITE", site, allowed, environment))
    if content_type not in list(ContentType):
        allowed = f"must be one of {', '.join(ContentType)}"
        faults.append(_either("content_type", "CONTENT_TYPE", content_type, allowed, environment))
    return faults


def _either(key: str, variable: str, value: object, allowed: str, environment: Mapping[str, str]) -> Fault:
    """Return the fault where the value stands: in the environment, else in the file."""
    if environment.get(variable):
        return Fault(ENVIRONMENT, variable, value, allowed)
    return Fault("", key, value, allowed)


def _section(
    cls: Any,
    table: Any,
    where: str,
    faults: FaultList,
    overrides: Mapping[str, Any] = {},
    variables: Mapping[str, str] = {},
) -> Any:
    """Read one table into `cls`; None after a fault.

    `overrides` come from the environment, by key; `variables` are their names there.
    """
    try:
        return read_struct(cls, {**table, **overrides} if isinstance(table, Mapping) else table)
    except ConfigurationError as error:
        for fault in error.faults:
            known = variables if where == ENVIRONMENT else overrides
            if fault.key in known and not fault.where:
                faults.append(replace(fault, where=ENVIRONMENT, key=variables[fault.key]))
            else:
                faults.append(fault.under(where))
        return None


def _defaults(
    document: Mapping[str, Any], environment: Mapping[str, str], faults: FaultList
) -> dict[str, Any]:
    """Return the connection keys that hold for every device unless its own table says otherwise.

    What is wrong among them is left out: one fault, and not one for each device.
    """
    table = document.get("defaults", {})
    if not isinstance(table, Mapping):
        faults.append(Fault("", "defaults", table, "must be a table"))
        table = {}
    given, bad = defaults_from(environment)
    faults.extend(bad)
    found = FaultList()
    some_device = {"host": "any", "port": 1}
    _section(ConnectionConfig, some_device, "defaults", found, given, CONNECTION_NAMES)
    _section(ConnectionConfig, {**some_device, **table}, "defaults", found)
    faults.extend(found)
    wrong = {fault.key for fault in found} | {
        key for key, name in CONNECTION_NAMES.items() if name in {fault.key for fault in found}
    }
    merged = {"simulation": SimulationPolicy.NEVER.value, **given, **table}
    return {key: value for key, value in merged.items() if key not in wrong}


def _in_order_of(
    document: Mapping[str, Any], classes: Mapping[str, DeviceClass]
) -> list[tuple[str, DeviceClass]]:
    """Return the classes as the document has them, those that it has not behind."""
    order = {name: at for at, name in enumerate(document)}
    return sorted(classes.items(), key=lambda pair: order.get(pair[0], len(order)))


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
    if not tables and (alone := device_from(environment, device_class)):
        names = device_names(device_class)
        found = [_section(device_class.config, defaults, ENVIRONMENT, faults, alone, names)]
    else:
        found = [
            _section(
                device_class.config,
                {**defaults, **table} if isinstance(table, Mapping) else table,
                f"{device_class.name}[{at}]",
                faults,
            )
            for at, table in enumerate(tables)
        ]
    return tuple(config for config in found if config is not None)


def _balances(tables: Any, faults: FaultList) -> tuple[BalanceConfig, ...]:
    if not isinstance(tables, list):
        faults.append(Fault("", "balances", tables, "must be tables headed [[balances]]"))
        return ()
    read = [_section(BalanceConfig, table, f"balances[{at}]", faults) for at, table in enumerate(tables)]
    found = tuple(config for config in read if config is not None)
    for name, count in Counter(config.balance_id for config in found).items():
        if count > 1:
            faults.append(Fault("balances", "balance_id", name, "must be used once only"))
    return found
