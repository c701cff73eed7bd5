"""Every service by name: what `python -m services.<name>` and `gl003` start."""

import argparse
import gc
import os
from importlib.metadata import version
from pathlib import Path

from dotenv import load_dotenv

from integrations.configuration import ConfigurationError, Fault
from integrations.devices.classes import device_classes
from integrations.runtime.acquisition.service import run_acquisition
from integrations.runtime.balances.config import SERVICE as BALANCES
from integrations.runtime.console.config import SERVICE as CONSOLE
from integrations.runtime.coordination.parts import SERVICE as COORDINATION
from integrations.runtime.plant.settings import load_plant
from integrations.runtime.process.life import Stop, instance_id, run_service
from integrations.runtime.process.observed import observed
from integrations.runtime.transformation.service import SERVICE, run_transformation

DISTRIBUTION = "gl003-integrations"
CONFIG_VARIABLE = "GL003_CONFIG"
GARBAGE_THRESHOLDS = (50_000, 20, 20)
"""Python's own let the collector run hundreds of times a second over messages that hold no cycles."""


def service_names() -> tuple[str, ...]:
    """Return the names of all services."""
    return (*device_classes(), SERVICE, BALANCES, COORDINATION, CONSOLE)


def start(name: str) -> int:
    """Run the service `name` as the command line says: `--config plant.toml`."""
    parser = argparse.ArgumentParser(f"services.{name}", description=f"The service {name}.")
    parser.add_argument("--config", type=Path, help=f"plant's TOML file; {CONFIG_VARIABLE} otherwise")
    return start_service(name, parser.parse_args().config)


def start_service(name: str, config: Path | None = None) -> int:
    """Run a service to its end and return its exit code; see `run_service`.

    The configuration file is `config`, else the one that GL003_CONFIG names, else none. A file .env in the
    working directory is read first.
    """
    load_dotenv(Path(".env"))
    if config is None and os.environ.get(CONFIG_VARIABLE):
        config = Path(os.environ[CONFIG_VARIABLE])

    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)

    async def main(stop: Stop) -> None:
        await serve(name, config, stop)

    return run_service(name, main)


async def serve(name: str, config: Path | None, stop: Stop) -> None:
    """Run a service inside a running event loop until `stop`.

    Raises:
        ConfigurationError: the configuration is wrong, or there is no such service.
    """
    if name not in service_names():
        allowed = f"must be one of {', '.join(service_names())}"
        raise ConfigurationError([Fault("", "service", name, allowed)])
    plant = load_plant(config)
    instance, release = instance_id(), version(DISTRIBUTION)
    async with observed(name, instance, release, plant.http) as telemetry:
        if name == SERVICE:
            await run_transformation(plant, instance, release, telemetry, stop)
        elif name == BALANCES:
            from integrations.runtime.balances.service import run_balances  # noqa: PLC0415  # its own start alone

            await run_balances(plant, instance, release, telemetry, stop)
        elif name == COORDINATION:
            from integrations.runtime.coordination.service import run_coordination  # noqa: PLC0415  # as above

            await run_coordination(plant, instance, release, telemetry, stop)
        elif name == CONSOLE:
            from integrations.runtime.console.service import run_console  # noqa: PLC0415  # as above

            await run_console(plant, instance, release, telemetry, stop)
        else:
            await run_acquisition(device_classes()[name], plant, instance, release, telemetry, stop)
