"""`gl003 probe`: which protocol an address means, and how each way to fail ends."""

import asyncio
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from integrations.configuration import ConfigurationError, Fault
from integrations.protocols.errors import ProtocolConnectionError, ProtocolError, ProtocolTimeoutError
from integrations.runtime.commissioning.targets import HartTarget, ModbusTarget, read_target
from integrations.runtime.plant.settings import read_plant
from integrations.runtime.process.life import EXIT_CONFIGURATION, EXIT_CRASH

from .connected import EXIT_FINDINGS, INTERRUPTED, say
from .printable import printable

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
    root: str = "i=85"
    most: int = 2000
    pki: Path = Path("pki")
    password_file: Path | None = None
    as_json: bool = False

    @property
    def is_live(self) -> bool:
        """Whether to refresh: as told, else where somebody looks at a terminal."""
        if self.as_json or self.toml:
            return False
        return sys.stdout.isatty() if self.live is None else self.live

    @property
    def shows(self) -> bool:
        """Whether there is text for people on the output."""
        return not self.as_json and self.toml != STANDARD_OUTPUT


def probe(wanted: Wanted) -> int:
    """Look at the device and return the exit code."""
    try:
        return asyncio.run(_probed(wanted))
    except ConfigurationError as error:
        for fault in error.faults:
            say(f"probe: {fault}")
        return EXIT_CONFIGURATION
    except ProtocolError as error:
        say(f"probe: {printable(str(error))}")
        away = isinstance(error, (ProtocolConnectionError, ProtocolTimeoutError))
        return EXIT_CRASH if away else EXIT_FINDINGS
    except OSError as error:
        say(f"probe: {error}")
        return EXIT_CRASH
    except KeyboardInterrupt:
        return INTERRUPTED


async def _probed(wanted: Wanted) -> int:
    target = read_target(wanted.address)
    if wanted.toml and wanted.toml != STANDARD_OUTPUT and wanted.toml.exists():
        raise ConfigurationError(
            [Fault("", "toml", str(wanted.toml), "must be a file that is not there yet")]
        )
    if isinstance(target, ModbusTarget):
        from .probe_modbus import probe_modbus  # noqa: PLC0415  # each protocol loads its own

        return await probe_modbus(target, wanted)
    if isinstance(target, HartTarget):
        from .probe_hart import probe_hart  # noqa: PLC0415  # as above

        return await probe_hart(target, wanted)
    from .probe_opcua import probe_opcua  # noqa: PLC0415  # as above

    return await probe_opcua(target, wanted)


def hand_over(wanted: Wanted, text: str) -> None:
    """Write the plant's file, once services could read it.

    Raises:
        ConfigurationError: what was asked for makes no plant.
    """
    read_plant(tomllib.loads(text), {})
    if wanted.toml == STANDARD_OUTPUT:
        sys.stdout.write(text)
    elif wanted.toml:
        wanted.toml.write_text(text, encoding="utf-8")
        say(f"probe: wrote {wanted.toml}; next: gl003 check {wanted.toml}")
