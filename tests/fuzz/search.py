"""The search for inputs that a target cannot stand, in a process of its own: coverage-guided where it can be.

`python -m fuzz.search <target> <seconds> <seed> <folder>`: a case that is found is written into the folder.
"""

import importlib.util
import random
import sys
import tempfile
import time
from pathlib import Path

from .limits import bounded

GUIDED = importlib.util.find_spec("atheris") is not None
"""Whether there is a build of atheris for this Python."""
SECONDS_EACH = 10
MEGABYTES = 1500


def main(name: str, seconds: int, seed: int, found: Path) -> int:
    """Search until the time is over or a case is found; returns the status of the process."""
    if GUIDED:
        return _guided(name, seconds, seed, found)
    return _unguided(name, seconds, seed, found)


def _guided(name: str, seconds: int, seed: int, found: Path) -> int:
    import atheris

    with atheris.instrument_imports(
        include=["integrations", "pymodbus", "tomllib"], enable_loader_override=False
    ):
        from .targets import TARGETS

    target = TARGETS[name]

    def mutate(data: bytes, max_size: int, number: int) -> bytes:
        chance = random.Random(number)  # noqa: S311  # a search's course, no secret
        if chance.random() < 0.3:
            return bytes(atheris.Mutate(data, max_size))
        return target.mutated(data, chance)[:max_size]

    with tempfile.TemporaryDirectory() as begin:
        for at, each in enumerate(target.seeds):
            Path(begin, f"seed-{at}").write_bytes(each)
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
        arguments = [name, *(f"-{key}={value}" for key, value in options.items()), begin]
        atheris.Setup(arguments, target.take, custom_mutator=mutate)
        atheris.Fuzz()  # ends the process
    return 0


def _unguided(name: str, seconds: int, seed: int, found: Path) -> int:
    from .targets import TARGETS

    target, end, runs = TARGETS[name], time.monotonic() + seconds, 0
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
    print(f"stat::number_of_executed_units: {runs}", file=sys.stderr)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])))
