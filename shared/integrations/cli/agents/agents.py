"""`gl003 agents`: who there is on the bus, and how they are."""

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console, JustifyMethod
from rich.table import Table

from integrations.bus import Bus, JetStreamError
from integrations.cli.connected import on_the_bus, say
from integrations.cli.printable import printable
from integrations.coordination import Directory
from integrations.messages import AgentProfile
from integrations.runtime.plant.settings import Plant
from integrations.runtime.process.life import EXIT_CLEAN, EXIT_CRASH

_WIDE = 200
_COLUMNS = ("agent", "role", "status", "last heard", "load", "score", "capabilities", "location")


def agents(config: Path | None, *, as_json: bool) -> int:
    """Show every agent that ever registered; return the exit code."""

    async def work(_plant: Plant, bus: Bus) -> int:
        directory = Directory(bus)
        try:
            await directory.look()
        except JetStreamError as error:
            say(f"agents: nobody has made the streams of agents here yet ({error})")
            return EXIT_CRASH
        found = directory.agents()
        if as_json:
            print(msgspec.json.encode(found).decode())  # noqa: T201  # the outcome
        else:
            _show(bus.url, found)
        return EXIT_CLEAN

    return on_the_bus("agents", config, work)


def _show(url: str, found: Sequence[AgentProfile]) -> None:
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _WIDE)
    console.print(f"bus {url}, {len(found)} agents")
    if not found:
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in _COLUMNS:
        justify: JustifyMethod = "right" if name in {"load", "score"} else "left"
        wraps = name == "capabilities"
        table.add_column(name, justify=justify, no_wrap=not wraps, min_width=24 if wraps else None)
    for one in found:
        table.add_row(*map(printable, _cells(one)))
    console.print(table)


def _cells(one: AgentProfile) -> tuple[str, ...]:
    heard = one.last_heartbeat.isoformat(sep=" ", timespec="seconds") if one.last_heartbeat else "-"
    names = " ".join(capability.capability_name for capability in one.capabilities)
    load, score = f"{one.current_load:g} %", f"{one.performance_score:g}"
    return one.agent_id, one.role.value, one.status, heard, load, score, names or "-", one.location or "-"
