"""`gl003 run`: bus, plant, services and live table in one command; nothing is left when it ends."""

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from dotenv import load_dotenv
from msgspec.structs import replace

from integrations.bus import Bus, EmbeddedServer, find_or_embed
from integrations.quality import names
from integrations.runtime.demo import simulated_plant
from integrations.runtime.life import Stop, run_service
from integrations.runtime.services import CONFIG_VARIABLE
from integrations.runtime.settings import Plant, load_plant
from integrations.runtime.supervisor import ChildFact, ChildState, Program, Supervisor
from integrations.runtime.transformation import SERVICE
from integrations.simulation import PlantFault, parse_faults

from .duration import seconds_of
from .feed import feeding
from .live import LiveView
from .show import show_plain, show_screen

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 15.0
"""More than the supervisor grants its children."""


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line."""

    config: Path | None
    duration: str | None
    plain: bool
    faults: Sequence[str]
    seed: int


def run_everything(options: Options) -> int:
    """Run until Ctrl-C or the end of the time; return the exit code."""
    load_dotenv(Path(".env"))

    with tempfile.TemporaryDirectory(prefix="gl003-run-") as folder:

        async def main(stop: Stop) -> None:
            await _run(options, Path(folder), stop)

        if options.plain:
            return run_service("run", main, drain_seconds=DRAIN_SECONDS)
        with (Path(folder) / "run.log").open("w") as stream:  # a log line would tear the screen
            return run_service("run", main, log_stream=stream, drain_seconds=DRAIN_SECONDS)


async def _run(options: Options, folder: Path, stop: Stop) -> None:
    seconds = seconds_of("--for", options.duration) if options.duration else None
    faults = parse_faults(options.faults)
    async with contextlib.AsyncExitStack() as stack:
        config = options.config or await stack.enter_async_context(_demo(folder, options.seed, faults))
        plant = load_plant(config)
        url = await stack.enter_async_context(_bus_url(plant, private=options.config is None))
        bus = await stack.enter_async_context(Bus(replace(plant.bus, url=url), name="gl003 run"))
        view = LiveView(plant.site, bus.url, flag_names=lambda flags: " ".join(names(flags)))
        await stack.enter_async_context(feeding(bus, plant.site, view))
        supervisor = await stack.enter_async_context(Supervisor())
        programs = _programs(plant, config, url, folder, quiet=options.plain)
        supervisor.observe(lambda fact: _on_child(fact, supervisor, view, len(programs), stop))
        for program in programs:
            supervisor.start(program)
        if seconds:
            asyncio.get_running_loop().call_later(seconds, stop.set, "the time is over")
        await (show_plain(view, stop) if options.plain else show_screen(view, stop))


@contextlib.asynccontextmanager
async def _demo(folder: Path, seed: int, faults: Sequence[PlantFault]) -> AsyncIterator[Path]:
    """Serve the simulated plant; yields the configuration file of its meters."""
    async with simulated_plant(seed, faults) as text:
        path = folder / "plant.toml"
        path.write_text(text, encoding="utf-8")
        yield path


@contextlib.asynccontextmanager
async def _bus_url(plant: Plant, *, private: bool) -> AsyncIterator[str]:
    """Yield the configured URL; without one a private server keeps simulated readings among themselves."""
    if plant.bus.url:
        yield plant.bus.url
    elif private:
        async with EmbeddedServer() as server:
            yield server.url
    else:
        async with find_or_embed() as url:
            yield url


def _programs(plant: Plant, config: Path | None, url: str, folder: Path, *, quiet: bool) -> list[Program]:
    """Return the services that the plant needs; on a full screen they write to a file."""
    needed = [name for name, devices in plant.devices.items() if devices]
    env = {CONFIG_VARIABLE: str(config or ""), "NATS_URL": url}
    if quiet:
        env |= {"LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING")}
    command = [sys.executable, "-m", "integrations.cli", "serve"]
    log_file = None if quiet else folder / "services.log"
    return [Program(name, [*command, name], env, log_file) for name in (*needed, SERVICE)]


def _on_child(fact: ChildFact, supervisor: Supervisor, view: LiveView, expected: int, stop: Stop) -> None:
    view.note_services(len(supervisor.alive), expected)
    if fact.state is ChildState.FAILED:
        stop.set(f"{fact.name} cannot start with this configuration")
