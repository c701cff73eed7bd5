"""The page that is shipped, built anew from its sources where Node is."""

import shutil
import subprocess
from pathlib import Path

import pytest

WEB = Path("services", "console", "web")
PAGE = Path("shared", "integrations", "runtime", "console", "page")
ROOT = Path(__file__).parents[2]
LEAST_NODE = 20
AWAY = ("ENOTFOUND", "ECONNREFUSED", "ECONNRESET", "EAI_AGAIN", "ETIMEDOUT", "ENETUNREACH", "ENOTCACHED")

pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="there is no npm")


def said(folder, *command):
    """Exit code and all that a command says."""
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=240)
    return done.returncode, done.stdout + done.stderr


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_is_shipped_is_what_its_sources_build(tmp_path):
    version = said(tmp_path, "node", "--version")[1].strip()
    if int(version.removeprefix("v").partition(".")[0]) < LEAST_NODE:
        pytest.skip(f"Node {version} is older than {LEAST_NODE}")
    web = tmp_path / WEB
    shutil.copytree(ROOT / WEB, web, ignore=shutil.ignore_patterns("node_modules"))
    (tmp_path / PAGE).mkdir(parents=True)
    code, text = said(web, "npm", "ci", "--prefer-offline", "--no-audit", "--no-fund")
    if code and any(reason in text for reason in AWAY):
        pytest.skip(f"npm reaches no registry: {text.strip().splitlines()[-1]}")
    assert code == 0, text
    code, text = said(web, "npm", "run", "build")
    assert code == 0, text
    built, shipped = contents(tmp_path / PAGE), contents(ROOT / PAGE)
    assert sorted(built) == sorted(shipped)
    assert [name for name in built if built[name] != shipped[name]] == []
