"""What was asked of `gl003 probe`, and where its outcome goes."""

import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from integrations.cli.connected import say
from integrations.cli.duration import seconds_of
from integrations.runtime.plant.settings import read_plant

from .whole_file import write_whole

STANDARD_OUTPUT = Path("-")


@dataclass(frozen=True)
class Wanted:
    """What was asked for on the command line."""

    address: str
    toml: Path | None = None
    name: str = ""
    take: Sequence[str] = ()
    registers: Sequence[str] = ()
    live: bool | None = None
    duration: str | None = None
    everything: bool = False
    root: str | None = None
    most: int | None = None
    pki: Path | None = None
    password_file: Path | None = None
    as_json: bool = False

    @property
    def is_live(self) -> bool:
        """Whether to refresh: as told, else where somebody looks at a terminal."""
        if self.as_json or self.toml:
            return False
        return bool(self.duration) or sys.stdout.isatty() if self.live is None else self.live

    @property
    def seconds(self) -> float | None:
        """After how long a live view ends.

        Raises:
            ConfigurationError: what was typed is no time.
        """
        return seconds_of("for", self.duration) if self.duration is not None else None

    @property
    def shows(self) -> bool:
        """Whether there is text for people on the output."""
        return not self.as_json and self.toml != STANDARD_OUTPUT


def hand_over(wanted: Wanted, text: str) -> None:
    """Write the plant's file, once services could read it.

    Raises:
        ConfigurationError: what was asked for makes no plant.
    """
    read_plant(tomllib.loads(text), {})
    if wanted.toml == STANDARD_OUTPUT:
        sys.stdout.write(text)
    elif wanted.toml:
        write_whole(wanted.toml, text)
        say(f"probe: wrote {wanted.toml}; next: gl003 check {wanted.toml}")
