"""`gl003 run`: bus, plant, services and live table in one command; nothing is left when it ends."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dotenv import load_dotenv
from msgspec import structs

from integrations.bus import Bus, BusSettings, EmbeddedServer, ScratchFolder, find_or_embed
from integrations.cli.duration import seconds_of
from integrations.configuration import MISSING, ConfigurationError, Fault, FaultList
from integrations.quality import names
from integrations.runtime.balances.config import SERVICE as BALANCES
from integrations.runtime.console.config import SERVICE as CONSOLE
from integrations.runtime.coordination.parts import SERVICE as COORDINATION
from integrations.runtime.plant.demo import simulated_plant
from integrations.runtime.plant.settings import Plant, load_plant
from integrations.runtime.process.life import Stop, run_service
from integrations.runtime.process.redaction import redacted
from integrations.runtime.process.supervisor import ChildFact, ChildState, Program, Supervisor
from integrations.runtime.services import CONFIG_VARIABLE
from integrations.runtime.transformation.service import SERVICE
from integrations.simulation import PlantFault, parse_faults

from .console_place import console_place
from .feed import feeding
from .live import LiveView
from .show import show_plain, show_screen
from .simulate import scada_program

DRAIN_SECONDS = 15.0
"""More than the supervisor grants its children."""
RUN_LOG, SERVICES_LOG = "run.log", "services.log"
TAIL_LINES = 20
AHEAD, AHEAD_SECONDS = 2, 4.0
"""Programs that are started first, and how long their first reading is waited for before the others are."""


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
        config, simulators = options.config, []
        if config is None:
            demo = await stack.enter_async_context(simulated_plant(options.seed, faults))
            config = folder / "plant.toml"
            config.write_text(demo.text, encoding="utf-8")
            simulators = [scada_program(demo, options.seed, options.faults)]
        plant = load_plant(config)
        async with stop.cuts_short():
            bus = await stack.enter_async_context(_connected(plant, private=options.config is None))
        if stop.is_set():
            return
        view = LiveView(plant.site, bus.url, flag_names=lambda flags: " ".join(names(flags)))
        await stack.enter_async_context(feeding(bus, plant.site, view))
        supervisor = await stack.enter_async_context(Supervisor())
        place = console_place(plant.console)
        view.note_console(place.address)
        services = _services(plant, config, bus.settings, folder, place.variables)
        expected = {service.name for service in services}

        def on_child(fact: ChildFact) -> None:
            view.note_services(len(expected & supervisor.alive.keys()), len(expected))
            if fact.state is ChildState.FAILED:
                failed.append(fact.name)
                stop.set(f"{fact.name} cannot start")

        supervisor.observe(on_child)
        programs = [*services[:AHEAD], *simulators, *services[AHEAD:]]
        starting = asyncio.create_task(_start(supervisor, view, programs, folder, options))
        stack.callback(starting.cancel)
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
async def _connected(plant: Plant, *, private: bool) -> AsyncIterator[Bus]:
    """Connect to the configured URL; without one a private server keeps simulated readings to themselves."""
    async with contextlib.AsyncExitStack() as stack:
        url = plant.bus.url
        if not url and private:
            url = (await stack.enter_async_context(EmbeddedServer())).url
        elif not url:
            url = await stack.enter_async_context(find_or_embed())
        yield await stack.enter_async_context(Bus(structs.replace(plant.bus, url=url), name="gl003 run"))


def _services(
    plant: Plant, config: Path, bus: BusSettings, folder: Path, console: dict[str, str]
) -> list[Program]:
    """Return the services that the plant needs, in the order in which they are wanted."""
    needed = [name for name, devices in plant.devices.items() if devices]
    needed += [BALANCES] if plant.balances else []
    needed += [COORDINATION, CONSOLE]
    env = {CONFIG_VARIABLE: str(config), "NATS_URL": bus.url or "", "GL003_HTTP_PORT": "0"}
    env["OUTBOX_FOLDER"] = plant.outbox.folder or str(folder / "outbox")
    command = [sys.executable, "-m", "integrations.cli", "serve"]
    return [
        Program(name, [*command, name], env | (console if name == CONSOLE else {}))
        for name in (SERVICE, *needed)
    ]


async def _start(
    supervisor: Supervisor, view: LiveView, programs: Sequence[Program], folder: Path, options: Options
) -> None:
    """Start all programs, the first two ahead: all at once, nobody would have a core to start on."""
    env = {"LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING")} if options.plain else {}
    log_file = None if options.plain else folder / SERVICES_LOG  # a log line would tear the screen
    for at, program in enumerate(programs):
        if at == AHEAD:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AHEAD_SECONDS):
                    await view.filled.wait()
        supervisor.start(replace(program, env={**program.env, **env}, log=log_file))


def _print_tails(folder: Path) -> None:
    """Show the end of what was written behind the screen: the run did not end well."""
    for name in (SERVICES_LOG, RUN_LOG):
        with contextlib.suppress(OSError):
            for line in (folder / name).read_text(errors="replace").splitlines()[-TAIL_LINES:]:
                print(redacted(line), file=sys.stderr)  # noqa: T201  # said to the person at the terminal
