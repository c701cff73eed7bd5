"""Fuzzing: `PYTHONPATH=tests python -m fuzz [target …] [--for 60s] [--seed 1] [--jobs 2]`.

Each reader of foreign bytes gets an equal share of the time. A case that one cannot stand is kept in
tests/fuzz/corpus/<target>/, from where it is tried again by every run of the tests.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

from integrations.cli.duration import seconds_of

from .catalogue import ROOM_OF, TARGETS
from .search import GUIDED

CORPUS = Path(__file__).parent / "corpus"
SPARE_SECONDS = 120
_RUNS = re.compile(r"stat::number_of_executed_units:\s*(\d+)")


def _search(name: str, seconds: int, seed: int) -> tuple[int, list[Path], str]:
    """Search one target; return how many inputs were tried, the cases that were kept, and what was said."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder, "found")
        found.mkdir()
        command = [
            sys.executable,
            "-m",
            "fuzz.search",
            ROOM_OF[name],
            name,
            str(seconds),
            str(seed),
            str(found),
        ]
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=seconds + SPARE_SECONDS,
                check=False,
            )
            said, failed = done.stdout + done.stderr, done.returncode != 0
        except subprocess.TimeoutExpired as error:
            said, failed = f"did not end {SPARE_SECONDS} s after its time: {error.stderr!r}", True
        kept = [_keep(name, case) for case in sorted(found.iterdir())]
    runs = _RUNS.search(said)
    return int(runs[1]) if runs else 0, kept, _trouble(said) if failed else ""


def _trouble(said: str) -> str:
    """Return what a search said of its end, without what it says of every beginning."""
    lines = [line for line in said.splitlines() if not line.startswith(("INFO: ", "WARNING: ", "stat::"))]
    return "\n".join(f"    {line[:500]}" for line in lines[-40:])


def _keep(name: str, case: Path) -> Path:
    data = case.read_bytes()
    place = CORPUS / name / f"{case.name.partition('-')[0]}-{sha256(data).hexdigest()[:12]}"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return place


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  # the table is what was asked for


def main() -> int:
    parser = argparse.ArgumentParser("fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="target", help=f"one or more of {', '.join(TARGETS)}")
    parser.add_argument("--for", dest="duration", default="60s", help="for all targets together")
    parser.add_argument("--seed", type=int, default=1, help="decides what is tried")
    parser.add_argument("--jobs", type=int, default=1, help="targets that are searched side by side")
    options = parser.parse_args()
    if unknown := sorted(set(options.targets) - set(TARGETS)):
        parser.error(f"unknown target {unknown[0]}; known: {', '.join(TARGETS)}")
    names = options.targets or list(TARGETS)
    seconds = max(1, round(seconds_of("--for", options.duration) * options.jobs / len(names)))
    if not GUIDED:
        _say("atheris has no build for this Python: inputs are changed by chance, without regard to coverage")
    _say(f"{len(names)} targets, {seconds} s each, seed {options.seed}")
    bad = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        results = pool.map(lambda name: _search(name, seconds, options.seed), names)
        for name, (runs, kept, said) in zip(names, results, strict=True):
            _say(f"{name:24} {runs:>9} inputs  {'FOUND' if said or kept else 'well'}")
            for place in kept:
                _say(f"    kept: {place}")
            _say(said) if said else None
            bad += bool(said or kept)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
