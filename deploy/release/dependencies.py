"""What a release depends on: licences that must not be there, advisories that are known.

`python deploy/release/dependencies.py requirements.txt`; exit 1 where a licence or an advisory is in the way.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, TextIO

ALLOWED = re.compile(
    r"\b(MIT|MIT-0|BSD|0BSD|Apache|ISC|PSF|Python Software Foundation|Zlib|CC0)\b|BSD-\d", re.IGNORECASE
)
EXCEPTIONS = {
    "asyncua": "LGPL-3.0-or-later: used as it is from PyPI, as a library that anybody can exchange",
    "certifi": "MPL-2.0: a list of certificates, used as it is",
}


def main(requirements: Path) -> int:
    """Print what was found; return the exit code."""
    names = [
        re.split(r"[=; ]", line)[0]
        for line in requirements.read_text().splitlines()
        if line and not line.startswith((" ", "#"))
    ]
    faults = [*_licences(names), *_advisories(requirements)]
    for fault in faults:
        _say(fault, sys.stderr)
    return 1 if faults else 0


def _licences(names: list[str]) -> list[str]:
    rows = _json("piplicenses", "--from=mixed", "--format=json", "--packages", *names) or []
    if not rows:
        return ["licences could not be read"]
    other = {row["Name"]: row["License"] for row in rows if not ALLOWED.search(row["License"])}
    for name, reason in EXCEPTIONS.items():
        if other.pop(name, None):
            _say(f"licence: {name}: {reason}")
    _say(f"licences: {len(rows)} packages, {len(other)} with a licence that is not allowed")
    return [f"licence of {name} is not allowed: {licence}" for name, licence in sorted(other.items())]


def _advisories(requirements: Path) -> list[str]:
    options = ("--no-deps", "--disable-pip", "--progress-spinner=off", "--format=json")
    found = _json("pip_audit", "--requirement", str(requirements), *options)
    if found is None:
        _say("advisories: the service could not be asked; ask it from where there is a network")
        return []
    packages = found["dependencies"]
    skipped = [one for one in packages if "skip_reason" in one]
    _say(f"advisories: {len(packages) - len(skipped)} of {len(packages)} packages were asked about")
    return [
        f"{one['name']} {one['version']}: {known['id']}, mended in {known['fix_versions'] or 'none'}"
        for one in packages
        for known in one.get("vulns", ())
    ]


def _say(line: str, stream: TextIO = sys.stdout) -> None:
    stream.write(line + "\n")


def _json(module: str, *options: str) -> Any:
    """Return what a tool prints as JSON; None where it prints none."""
    command = [sys.executable, "-m", module, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # ours
    try:
        return json.loads(done.stdout)
    except ValueError:
        return None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
