"""`gl003 simulate-scada`: the part of the simulated plant that has a process of its own."""

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
