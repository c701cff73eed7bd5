"""`gl003 run`: bus, plant, services and live table in one command; nothing is left when it ends."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dotenv import load_dotenv
from msgspec.structs import replace

from integrations.bus import Bus, BusSettings, EmbeddedServer, ScratchFolder, find_or_embed
from integrations.configuration import MISSING, ConfigurationError, Fault, FaultList
from integrations.quality import names
from integrations.runtime.plant.demo import simulated_plant
from integrations.runtime.plant.settings import Plant, load_plant
from integrations.runtime.process.life import Stop, run_service
from integrations.runtime.process.redaction import redacted
from integrations.runtime.process.supervisor import ChildFact, ChildState, Program, Supervisor
from integrations.runtime.services import CONFIG_VARIABLE
from integrations.runtime.transformation.service import SERVICE
from integrations.simulation import PlantFault, parse_faults

from .duration import seconds_of
from .feed import feeding
from .live import LiveView
from .show import show_plain, show_screen

DRAIN_SECONDS = 15.0
"""More than the supervisor grants its children."""
RUN_LOG, SERVICES_LOG = "run.log", "services.log"
TAIL_LINES = 20


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

    with ScratchFolder("gl003-run-") as scratch:

        async def main(stop: Stop) -> None:
            await _run(options, scratch.path, stop)

        if options.plain:
            return run_service("run", main, drain_seconds=DRAIN_SECONDS)
        with (scratch.path / RUN_LOG).open("w") as stream:  # a log line would tear the screen
            code = run_service("run", main, log_stream=stream, drain_seconds=DRAIN_SECONDS)
        if code:
            _print_tails(scratch.path)
        return code


async def _run(options: Options, folder: Path, stop: Stop) -> None:
    seconds, faults = _checked(options)
    if seconds is not None:
        asyncio.get_running_loop().call_later(seconds, stop.set, "the time is over")
    failed: list[str] = []
    async with contextlib.AsyncExitStack() as stack:
        config = options.config
        if config is None:
            config = await stack.enter_async_context(_demo(folder, options.seed, faults))
        plant = load_plant(config)
        async with stop.cuts_short():
            bus = await stack.enter_async_context(_connected(plant, private=options.config is None))
        if stop.is_set():
            return
        view = LiveView(plant.site, bus.url, flag_names=lambda flags: " ".join(names(flags)))
        await stack.enter_async_context(feeding(bus, plant.site, view))
        supervisor = await stack.enter_async_context(Supervisor())
        programs = _programs(plant, config, bus.settings, folder, quiet=options.plain)

        def on_child(fact: ChildFact) -> None:
            view.note_services(len(supervisor.alive), len(programs))
            if fact.state is ChildState.FAILED:
                failed.append(fact.name)
                stop.set(f"{fact.name} cannot start")

        supervisor.observe(on_child)
        for program in programs:
            supervisor.start(program)
        await (show_plain(view, stop) if options.plain else show_screen(view, stop))
    if failed:
        text = "cannot start with this configuration: see its own lines"
        raise ConfigurationError(Fault("", name, MISSING, text) for name in failed)


def _checked(options: Options) -> tuple[float | None, Sequence[PlantFault]]:
    """Return the seconds to run, None for ever, and the faults to come; everything wrong is said at once."""
    wrong = FaultList()
    seconds: float | None = None
    faults: Sequence[PlantFault] = ()
    try:
        seconds = seconds_of("--for", options.duration) if options.duration is not None else None
    except ConfigurationError as error:
        wrong.absorb(error)
    try:
        faults = parse_faults(options.faults)
    except ConfigurationError as error:
        wrong.absorb(error)
    if options.config and options.faults:
        allowed = "must not come with --config: only the simulated plant can be told to fail"
        wrong.append(Fault("", "--fault", " ".join(options.faults), allowed))
    wrong.raise_any()
    return seconds, faults


@contextlib.asynccontextmanager
async def _demo(folder: Path, seed: int, faults: Sequence[PlantFault]) -> AsyncIterator[Path]:
    """Serve the simulated plant; yields the configuration file of its meters."""
    async with simulated_plant(seed, faults) as text:
        path = folder / "plant.toml"
        path.write_text(text, encoding="utf-8")
        yield path


@contextlib.asynccontextmanager
async def _connected(plant: Plant, *, private: bool) -> AsyncIterator[Bus]:
    """Connect to the configured URL; without one a private server keeps simulated readings to themselves."""
    async with contextlib.AsyncExitStack() as stack:
        url = plant.bus.url
        if not url and private:
            url = (await stack.enter_async_context(EmbeddedServer())).url
        elif not url:
            url = await stack.enter_async_context(find_or_embed())
        yield await stack.enter_async_context(Bus(replace(plant.bus, url=url), name="gl003 run"))


def _programs(plant: Plant, config: Path, bus: BusSettings, folder: Path, *, quiet: bool) -> list[Program]:
    """Return the services that the plant needs; on a full screen they write to a file."""
    needed = [name for name, devices in plant.devices.items() if devices]
    env = {CONFIG_VARIABLE: str(config), "NATS_URL": bus.url or ""}
    if quiet:
        env |= {"LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING")}
    command = [sys.executable, "-m", "integrations.cli", "serve"]
    log_file = None if quiet else folder / SERVICES_LOG
    return [Program(name, [*command, name], env, log_file) for name in (*needed, SERVICE)]


def _print_tails(folder: Path) -> None:
    """Show the end of what was written behind the screen: the run did not end well."""
    for name in (SERVICES_LOG, RUN_LOG):
        with contextlib.suppress(OSError):
            for line in (folder / name).read_text(errors="replace").splitlines()[-TAIL_LINES:]:
                print(redacted(line), file=sys.stderr)  # noqa: T201  # said to the person at the terminal
