"""`gl003 init`: a plant's file to begin with, asked for or told by options."""

import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from integrations.cli.connected import INTERRUPTED, say
from integrations.configuration import ConfigurationError, Fault
from integrations.messages import MessageError, check_site
from integrations.runtime.commissioning.plant_file import plant_text
from integrations.runtime.commissioning.targets import Target, read_target
from integrations.runtime.plant.settings import DEFAULT_SITE, read_plant
from integrations.runtime.process.life import EXIT_CLEAN, EXIT_CONFIGURATION, EXIT_CRASH

from .asking import asked, asked_devices
from .whole_file import write_whole


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
    if not answers.file.absolute().parent.is_dir():
        say(f"init: {answers.file.parent} is no folder: make it first")
        return EXIT_CRASH
    try:
        write_whole(answers.file, _text(answers))
    except ConfigurationError as error:
        for fault in error.faults:
            say(f"init: {fault}")
        return EXIT_CONFIGURATION
    except OSError as error:
        say(f"init: {error}")
        return EXIT_CRASH
    except typer.Abort as error:
        by_ctrl_c = isinstance(error.__context__, KeyboardInterrupt)
        say("\ninit: nothing is written" if by_ctrl_c else "\ninit: no more answers; nothing is written")
        return INTERRUPTED if by_ctrl_c else EXIT_CONFIGURATION
    say(f"init: wrote {answers.file}; next: gl003 check {answers.file}")
    return EXIT_CLEAN


def _text(answers: Answers) -> str:
    asks = sys.stdin.isatty() if answers.ask is None else answers.ask
    site, bus = answers.site, answers.bus
    targets = [read_target(text) for text in answers.devices or ()]
    if site is not None:
        _site(site)
    elif asks:
        site = asked("Name of the site", DEFAULT_SITE, _site)
    if bus is None and asks:
        bus = asked("Address of the bus; empty: on this machine", "", _bus, show_default=False)
    file = str(answers.file)
    if asks and answers.devices is None:
        targets = asked_devices(lambda there: _usable(file, site or DEFAULT_SITE, bus or "", there))
    return _usable(file, site or DEFAULT_SITE, bus or "", targets)


def _usable(file: str, site: str, bus: str, targets: Sequence[Target]) -> str:
    """Return the file, once services could read it."""
    text = plant_text(file, site, bus, targets)
    read_plant(tomllib.loads(text), {})
    return text


def _site(text: str) -> str:
    try:
        check_site(text)
    except MessageError as error:
        raise ConfigurationError([Fault("", "site", text, f"cannot be used: {error}")]) from None
    return text


def _bus(text: str) -> str:
    _usable("plant.toml", DEFAULT_SITE, text.strip(), [])
    return text.strip()
