"""Commands that ask a running site: the plant's configuration, a connection, and how they end."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from dotenv import load_dotenv
from msgspec import structs

from integrations.bus import Bus, BusError, BusSettings
from integrations.configuration import ConfigurationError
from integrations.runtime.plant.settings import Plant, load_plant
from integrations.runtime.process.life import EXIT_CLEAN, EXIT_CONFIGURATION, EXIT_CRASH
from integrations.runtime.services import CONFIG_VARIABLE

USUAL_URL = "nats://127.0.0.1:4222"
ATTEMPTS = 3
EXIT_FINDINGS = 3
"""The command did its work and found something that is not as it should be."""
INTERRUPTED = 130

Work = Callable[[Plant, Bus], Awaitable[int]]


def on_the_bus(
    command: str, config: Path | None, work: Work, *, first: Callable[[Plant], object] = lambda _: None
) -> int:
    """Do `work` on the bus of the plant and return its exit code; 1 without a bus, 2 for a wrong file.

    `first` looks at what was asked for before there is a connection, and may raise ConfigurationError.
    """
    try:
        plant = load_plant(plant_file(config))
        first(plant)
        return asyncio.run(_connected(command, plant, work))
    except ConfigurationError as error:
        for fault in error.faults:
            say(f"{command}: {fault}")
        return EXIT_CONFIGURATION
    except BusError as error:
        say(f"{command}: {error}")
        return EXIT_CRASH
    except BrokenPipeError:
        return reader_has_enough()
    except KeyboardInterrupt:
        return INTERRUPTED


def reader_has_enough() -> int:
    """Leave an output that nobody reads any more, as of `gl003 tail | head`, without a word."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python fails once more at its end
    return EXIT_CLEAN


def plant_file(config: Path | None) -> Path | None:
    """Return the file that services would read: `config`, else what GL003_CONFIG names, .env read first."""
    load_dotenv(Path(".env"))
    named = os.environ.get(CONFIG_VARIABLE)
    return config or (Path(named) if named else None)


def settings_of(plant: Plant) -> BusSettings:
    """Return how to reach the bus: where nothing is said, on this machine; none is started."""
    return plant.bus if plant.bus.servers else structs.replace(plant.bus, url=USUAL_URL)


def say(line: str) -> None:
    """Tell the person at the terminal."""
    print(line, file=sys.stderr)  # noqa: T201  # said to the person at the terminal


async def _connected(command: str, plant: Plant, work: Work) -> int:
    async with Bus(settings_of(plant), name=f"gl003 {command}", attempts=ATTEMPTS) as bus:
        return await work(plant, bus)
