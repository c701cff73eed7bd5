"""`gl003 simulate-scada`, the part of the simulated plant with a process of its own, and `gl003 plant`."""

import sys
from collections.abc import Sequence

from integrations.runtime.plant.demo import DemoPlant
from integrations.runtime.process.life import Stop, run_service
from integrations.runtime.process.supervisor import Program
from integrations.simulation import parse_faults

NAME = "simulated_scada"


def scada_program(demo: DemoPlant, seed: int, faults: Sequence[str]) -> Program:
    """Return the program that serves the SCADA of `demo`."""
    command = [sys.executable, "-m", "integrations.cli", "simulate-scada"]
    options = ["--port", str(demo.scada_port), "--began", repr(demo.began), "--seed", str(seed)]
    return Program(NAME, [*command, *options, *(f"--fault={fault}" for fault in faults)])


def simulate_scada(port: int, began: float, seed: int, faults: Sequence[str]) -> int:
    """Serve until the end is asked for; return the exit code."""
    from integrations.runtime.plant.demo_scada import serve_scada  # noqa: PLC0415  # slow to import

    async def main(stop: Stop) -> None:
        await serve_scada(port, began, seed, parse_faults(faults), stop)

    return run_service(NAME, main)


def plant(host: str, seed: int, faults: Sequence[str]) -> int:
    """Serve the whole plant until the end is asked for; return the exit code."""
    from integrations.runtime.plant.standing import serve_standing  # noqa: PLC0415  # slow to import

    async def main(stop: Stop) -> None:
        await serve_standing(host, seed, parse_faults(faults), stop)

    return run_service("plant", main)


def describe(host: str) -> int:
    """Print the configuration of the plant that `plant` serves."""
    from integrations.runtime.plant.standing import description  # noqa: PLC0415  # as above

    sys.stdout.write(description(host))
    return 0
