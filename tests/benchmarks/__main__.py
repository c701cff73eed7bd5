"""All benchmarks, or those that are named: `PYTHONPATH=tests python -m benchmarks [NAME…] [--quick]`.

Prints a table and writes bench.json next to the Makefile. Nothing here fails for being slow.
"""

import argparse
import sys
from collections.abc import Callable

from integrations.runtime.process.logs import configure_logging

from . import (
    acquisition,
    agents,
    cleaning,
    end_to_end,
    hart,
    library,
    opcua,
    storing,
    streaming,
    tasks,
    temperature,
)
from .report import Figure, machine, show, write
from .rig import ROOT

BENCHMARKS: dict[str, Callable[[bool], list[Figure]]] = {
    "acquisition": acquisition.against_pymodbus,
    "one_core": acquisition.on_one_core,
    "dead_unit": acquisition.with_a_dead_unit,
    "transformation": cleaning.against_pydantic,
    "library": library.against_pandas,
    "streaming": streaming.against_ioos_qc,
    "temperature": temperature.against_scalar_packages,
    "hart": hart.against_bare_udp,
    "opcua": opcua.against_asyncua,
    "tasks": tasks.through_the_scheduler,
    "storing": storing.messages,
    "agents": agents.against_nats,
    "latency": end_to_end.latency,
    "throughput": end_to_end.throughput,
}


def main() -> None:
    parser = argparse.ArgumentParser("benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"one of {', '.join(BENCHMARKS)}; default all"
    )
    parser.add_argument("--quick", action="store_true", help="shorter runs, rougher figures")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in BENCHMARKS]:
        parser.error(f"unknown: {', '.join(unknown)}; known: {', '.join(BENCHMARKS)}")
    configure_logging("benchmarks", "benchmarks", level="ERROR")
    facts, figures = machine(), []
    for name in options.names or BENCHMARKS:
        print(f"{name} …", file=sys.stderr, flush=True)  # noqa: T201  # minutes without a word are long
        figures += BENCHMARKS[name](options.quick)
        write(ROOT / "bench.json", facts, figures)
    show(facts, figures)


if __name__ == "__main__":
    main()
