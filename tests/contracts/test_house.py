"""The house: rooms in their layers, small files, tests beside their room, reasons beside suppressions."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "shared" / "integrations"
LONGEST_FILE = 350

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
MODBUS_ROOMS = {"protocols", "simulation"}


def packages(folder):
    return {path.parent.name for path in folder.glob("*/*.py")}


def sources():
    return [
        path for folder in ("shared", "services", "tests") for path in sorted((ROOT / folder).rglob("*.py"))
    ]


def contracts(kind):
    return [contract for contract in CONTRACTS if contract["type"] == kind]


def test_imports_keep_their_direction():
    lint = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert lint.returncode == 0, lint.stdout + lint.stderr


def test_every_room_has_its_layer():
    house, agents = contracts("layers")
    assert placed(house) - {"services"} == {f"integrations.{room}" for room in packages(LIBRARY)}
    assert packages(LIBRARY / "coordination") <= placed(agents)


def placed(layers):
    return {room.strip() for layer in layers["layers"] for room in layer.split("|")}


def test_every_service_is_told_not_to_know_the_others():
    (independence,) = contracts("independence")
    assert set(independence["modules"]) == {f"services.{name}" for name in packages(ROOT / "services")}


def test_every_room_but_two_is_kept_from_the_protocol_libraries():
    (contract,) = contracts("forbidden")
    kept_out = {f"integrations.{room}" for room in packages(LIBRARY) - MODBUS_ROOMS}
    assert set(contract["source_modules"]) == kept_out | {"services"}


def test_only_runtime_knows_the_opentelemetry_sdk():
    # import-linter sees an outside package only as a whole, and opentelemetry's API is everybody's.
    sdk = re.compile(r"^\s*(?:from|import)\s+opentelemetry\.(?:sdk|exporter)\b", re.MULTILINE)
    knowing = {
        path
        for folder in ("shared", "services")
        for path in (ROOT / folder).rglob("*.py")
        if sdk.search(path.read_text())
    }
    assert {path for path in knowing if LIBRARY / "runtime" not in path.parents} == set()


def test_every_room_has_its_tests_and_no_tests_are_left_of_a_room_that_went():
    unit = ROOT / "tests" / "unit"
    assert {path.relative_to(unit).parts[0] for path in unit.rglob("test_*.py")} == packages(LIBRARY)


def test_no_file_is_too_long():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_every_suppression_names_its_rule_and_its_reason():
    comment = re.compile(r"#\s*(?:noqa|type: ignore)\b(?P<rest>.*)")
    reasoned = re.compile(r"(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*|\[[\w, -]+\])\s*(?:#|-|–|:)\s*\w.*")
    unexplained = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (found := comment.search(line)) and not reasoned.fullmatch(found["rest"].strip())
    ]
    assert unexplained == []


def test_the_opcua_library_is_loaded_by_nobody_who_has_no_opcua_server():
    # It takes most of a second: time that every service and every script would start later.
    probe = (
        "import sys; from integrations import *; from integrations.devices.classes import device_classes;"
        "device_classes(); sys.exit('asyncua' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", probe], cwd=ROOT, check=False).returncode == 0
