"""`gl003 init`: a plant's file to begin with, asked for or told by options."""

import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from integrations.cli.connected import say
from integrations.configuration import ConfigurationError, Fault
from integrations.messages import MessageError, check_site
from integrations.runtime.commissioning.plant_file import plant_text
from integrations.runtime.commissioning.targets import Target, read_target
from integrations.runtime.plant.settings import DEFAULT_SITE, read_plant
from integrations.runtime.process.life import EXIT_CLEAN, EXIT_CONFIGURATION, EXIT_CRASH

EXAMPLE = "modbus://10.1.2.3:502?unit=1&preset=spirax_tva&name=header"


@dataclass(frozen=True)
class Answers:
    """What was told by options; what is None is asked for, where somebody can be asked."""

    file: Path
    site: str | None = None
    bus: str | None = None
    devices: Sequence[str] | None = None
    force: bool = False
    ask: bool | None = None


def init(answers: Answers) -> int:
    """Write the file, once services could read it; return the exit code."""
    if answers.file.exists() and not answers.force:
        say(f"init: {answers.file} is there already: name another file, or --force to replace it")
        return EXIT_CONFIGURATION
    try:
        text = _text(answers)
        read_plant(tomllib.loads(text), {})
        answers.file.write_text(text, encoding="utf-8")
    except ConfigurationError as error:
        for fault in error.faults:
            say(f"init: {fault}")
        return EXIT_CONFIGURATION
    except OSError as error:
        say(f"init: {error}")
        return EXIT_CRASH
    say(f"init: wrote {answers.file}; next: gl003 check {answers.file}")
    return EXIT_CLEAN


def _text(answers: Answers) -> str:
    asks = sys.stdin.isatty() if answers.ask is None else answers.ask
    site, bus, devices = answers.site, answers.bus, answers.devices
    if site is None:
        site = typer.prompt("Name of the site", default=DEFAULT_SITE) if asks else DEFAULT_SITE
    _check(site)
    if bus is None:
        bus = typer.prompt("Address of the bus; empty: on this machine", default="") if asks else ""
    told = [read_target(text) for text in devices or ()]
    targets = _asked() if asks and devices is None else told
    return plant_text(str(answers.file), site, bus, targets)


def _check(site: str) -> None:
    try:
        check_site(site)
    except MessageError as error:
        raise ConfigurationError([Fault("", "site", site, f"cannot be used: {error}")]) from None


def _asked() -> list[Target]:
    """Ask for devices until there are no more; a wrong one is asked for again."""
    typer.echo(f"Devices, one after the other, such as {EXAMPLE}")
    targets: list[Target] = []
    while text := typer.prompt("Address of a device; empty: no more", default="", show_default=False):
        try:
            targets.append(read_target(text))
        except ConfigurationError as error:
            for fault in error.faults:
                typer.echo(f"  {fault}")
    return targets
