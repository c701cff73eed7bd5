"""`gl003 status`: every service instance on the bus, and what is wrong with it first."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from integrations.bus import Bus
from integrations.messages import HealthState
from integrations.runtime.discovery import discover
from integrations.runtime.operations.expected import missing_services
from integrations.runtime.operations.instances import Instance, ask_all, facts_of
from integrations.runtime.plant.settings import Plant
from integrations.runtime.process.life import EXIT_CLEAN

from integrations.cli.connected import EXIT_FINDINGS, on_the_bus
from integrations.cli.printable import printable

MOST_TROUBLES = 12
MOST_NAMES = 4
_COLOURS = {HealthState.HEALTHY: "green", HealthState.DEGRADED: "yellow", HealthState.STARTING: "yellow"}
_COLUMNS = ("service", "instance", "site", "version", "up", "health", "devices", "circuits", "waiting")
_WIDE = 200


def status(config: Path | None, patience_seconds: float, *, as_json: bool) -> int:
    """Show who is there and how they are; return 0 if all is well, 3 if not."""

    async def work(plant: Plant, bus: Bus) -> int:
        found = await ask_all(bus, await discover(bus, patience_seconds=patience_seconds))
        missing = missing_services(plant, found)
        if as_json:
            print(msgspec.json.encode(_document(bus.url, found, missing)).decode())  # noqa: T201  # the outcome
        else:
            _show(bus.url, found, missing)
        well = bool(found) and not missing and all(one.well for one in found)
        return EXIT_CLEAN if well else EXIT_FINDINGS

    return on_the_bus("status", config, work)


def _document(url: str, instances: Sequence[Instance], missing: Sequence[str]) -> dict[str, Any]:
    return {"bus": url, "instances": [facts_of(one) for one in instances], "missing": list(missing)}


def _show(url: str, instances: Sequence[Instance], missing: Sequence[str]) -> None:
    terminal = sys.stdout.isatty()
    console = Console(highlight=False, soft_wrap=True, width=None if terminal else _WIDE)
    table = Table(box=None, header_style="bold", pad_edge=False)
    sites = {one.found.site for one in instances}
    shown = [name for name in _COLUMNS if name != "site" or len(sites) > 1]
    for name in shown:
        side: Literal["right", "left"] = "right" if name in {"up", "waiting"} else "left"
        table.add_column(name, justify=side, no_wrap=name != "instance", overflow="fold")
    for one in instances:
        cells = _cells(one)
        table.add_row(*(cells[name] for name in shown))
    alone = f", site {printable(min(sites))}" if len(sites) == 1 else ""
    console.print(f"bus {url}{alone}, {len(instances)} service instances", markup=False)
    if instances:
        console.print(table)
    told = [*(f"{name}: no instance answers" for name in missing), *_troubles(instances)]
    for line in told[:MOST_TROUBLES]:
        console.print(printable(line), markup=False)
    if len(told) > MOST_TROUBLES:
        console.print(f"… and {len(told) - MOST_TROUBLES} more troubles; all of them: gl003 status --json")


def _cells(one: Instance) -> dict[str, Text]:
    facts = facts_of(one)
    connected = f"{facts['devices_connected']}/{facts['devices']}" if facts["devices"] else "-"
    circuits = f"{len(one.open_circuits)} open" if one.open_circuits else "-"
    texts = (
        one.found.service,
        one.found.instance,
        one.found.site,
        one.found.version,
        "-" if one.health is None else _duration(one.health.uptime_seconds),
        one.state,
        connected,
        circuits,
        "-" if one.waiting is None else str(one.waiting),
    )
    style = _COLOURS.get(one.health.state, "red") if one.health else "red"
    return {
        name: Text(printable(text), style=style if name == "health" else "")
        for name, text in zip(_COLUMNS, texts, strict=True)
    }


def _troubles(instances: Sequence[Instance]) -> list[str]:
    """Return troubles of all, those of whoever is worst first; what many devices have in common is one."""
    order = [HealthState.HEALTHY, HealthState.STARTING, HealthState.DEGRADED, HealthState.UNHEALTHY]
    worst = sorted(instances, key=lambda one: -order.index(one.health.state) if one.health else -len(order))
    return [f"{one.name}: {trouble}" for one in worst for trouble in _in_common(one.troubles)]


def _in_common(troubles: Sequence[str]) -> list[str]:
    devices: dict[str, list[str]] = {}
    for trouble in troubles:
        device, colon, what = trouble.partition(": ")
        devices.setdefault(what if colon else trouble, []).append(device if colon else "")
    return [f"{_some(names)}: {what}" if any(names) else what for what, names in devices.items()]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def _duration(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"
