"""The search for inputs that a target cannot stand, in a process of its own: coverage-guided where it can be.

`python -m fuzz.search <module> <target> <seconds> <seed> <folder>`: what is found is written into the folder.
"""

import importlib
import importlib.util
import random
import sys
import time
from pathlib import Path

from .limits import bounded
from .target import Target

GUIDED = importlib.util.find_spec("atheris") is not None
"""Whether there is a build of atheris for this Python."""
WATCHED = ["integrations", "pymodbus", "tomllib", "asyncua.ua.ua_binary", "asyncua.client"]
"""Modules whose branches lead the search."""
SECONDS_EACH = 10
MEGABYTES = 1500


def main(room: str, name: str, seconds: int, seed: int, found: Path) -> int:
    """Search until the time is over or a case is found; returns the status of the process."""
    if GUIDED:
        return _guided(room, name, seconds, seed, found)
    return _unguided(room, name, seconds, seed, found)


def _target(room: str, name: str) -> Target:
    return next(each for each in importlib.import_module(room).TABLE if each.name == name)


def _guided(room: str, name: str, seconds: int, seed: int, found: Path) -> int:
    import atheris

    with atheris.instrument_imports(include=WATCHED, enable_loader_override=False):
        target = _target(room, name)

    def mutate(data: bytes, max_size: int, number: int) -> bytes:
        chance = random.Random(number)  # noqa: S311  # a search's course, no secret
        if chance.random() < 0.3:
            return bytes(atheris.Mutate(data, max_size))
        return target.mutated(data, chance)[:max_size]

    begin = found.parent / "seeds"
    begin.mkdir()
    for at, each in enumerate(target.seeds):
        (begin / f"seed-{at}").write_bytes(each)
    options = {
        "max_total_time": seconds,
        "seed": seed,
        "timeout": SECONDS_EACH,
        "rss_limit_mb": MEGABYTES,
        "max_len": target.longest,
        "artifact_prefix": f"{found}/",
        "verbosity": 0,
        "print_final_stats": 1,
    }
    arguments = [name, *(f"-{key}={value}" for key, value in options.items()), str(begin)]
    atheris.Setup(arguments, target.take, custom_mutator=mutate)
    atheris.Fuzz()  # ends the process
    return 0


def _unguided(room: str, name: str, seconds: int, seed: int, found: Path) -> int:
    target, end, runs = _target(room, name), time.monotonic() + seconds, 0
    chance = random.Random(seed)  # noqa: S311  # a search's course, no secret
    kept = list(target.seeds)
    while time.monotonic() < end:
        data = target.mutated(chance.choice(kept), chance)[: target.longest]
        runs += 1
        try:
            with bounded(SECONDS_EACH):
                target.take(data)
        except Exception:
            Path(found, f"crash-{runs}").write_bytes(data)
            raise
        if chance.random() < 0.01 and len(kept) < 1000:
            kept.append(data)  # a change of a change goes further
    print(f"stat::number_of_executed_units: {runs}", file=sys.stderr)  # noqa: T201  # as atheris says it
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3], int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5])))
