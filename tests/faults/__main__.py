"""Faults on a running site: `PYTHONPATH=tests python -m faults [--seed N …] [--for 90s] [--bus one]`.

A device that counts its readings is read and cleaned while everything is killed, stopped and cut off.
"""

import argparse
import sys
from pathlib import Path

import uvloop

from integrations.cli.duration import seconds_of
from integrations.runtime.process.logs import configure_logging

from .report import show
from .run import Outcome, Plan, run
from .site import Size

SOAK = Size(units=10, values=50, rate_hz=10.0)
KINDS = {"one": [False], "three": [True], "both": [False, True]}


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201  # minutes without a word are long


async def _runs(options: argparse.Namespace) -> list[Outcome]:
    outcomes = []
    size = SOAK if options.soak else Size()
    for seed in options.seed:
        for replicated in KINDS[options.bus]:
            _say(f"seed {seed}, {'three nats-servers' if replicated else 'one nats-server'} …")
            seconds = seconds_of("--for", options.duration)
            plan = Plan(seed, seconds, size, replicated, options.only, options.keep)
            outcomes.append(await run(plan, _say))
            show(outcomes[-1:])
    return outcomes


def main() -> int:
    parser = argparse.ArgumentParser("faults", description=__doc__)
    parser.add_argument(
        "--seed", type=int, nargs="*", default=[1], help="decides order and length of the faults"
    )
    parser.add_argument("--for", dest="duration", default="90s", help="how long each run makes faults")
    parser.add_argument("--bus", choices=list(KINDS), default="both", help="one nats-server, or three")
    parser.add_argument("--only", default="", help="only faults whose name has this in it, such as killed")
    parser.add_argument("--soak", action="store_true", help="5,000 readings a second")
    parser.add_argument("--keep", type=Path, help="an empty folder that keeps logs and stores")
    options = parser.parse_args()
    configure_logging("faults", "faults", level="ERROR")
    outcomes = uvloop.run(_runs(options))
    if len(outcomes) > 1:
        show(outcomes)
    return 0 if all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
