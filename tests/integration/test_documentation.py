"""The documentation does what it says: its commands, its Python and its TOML are run, page by page."""

import asyncio
import os
import random
import re
import shlex
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

import integrations
from fakes.pages import DOCS, blocks_of
from fakes.site import ROOT, eventually
from integrations.cli.app import app
from integrations.runtime.plant.standing import PORTS, TEMPERATURE_PORT

PAGES = sorted(str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md") if blocks_of(page))
NEEDS_THE_PLANT = {"tutorial.md", "commissioning.md"}
LANGUAGES = {"sh", "python", "toml", "csv", "yaml"}
SHELL = re.compile(r"[|>]|\$\(")
SCRIPTS = Path(sys.executable).parent


def free_host():
    """An address of this machine where nobody serves a plant: the ports are fixed."""
    while True:
        host = ".".join(map(str, (127, *random.sample(range(2, 250), 3))))
        try:
            for port in (*PORTS.values(), TEMPERATURE_PORT):
                with socket.socket() as probe:
                    probe.bind((host, port))
        except OSError:
            continue
        return host


@asynccontextmanager
async def simulated_plant(host):
    """Serve what `gl003 plant` serves until the last device listens."""
    process = await asyncio.create_subprocess_exec(
        SCRIPTS / "gl003", "plant", "--host", host, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await eventually(lambda: listens(host, 5021), 30)
        await eventually(lambda: listens(host, 4840), 30)
        yield
    finally:
        process.terminate()
        await process.wait()


async def listens(host, port):
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True


async def run(folder, language, text):
    if language == "python":
        return await in_a_process(folder, sys.executable, "-c", text)
    if language == "toml":
        (folder / "checked.toml").write_text(text, encoding="utf-8")
        return await in_here(["check", "checked.toml"])
    if language == "yaml":
        return rendered(yaml.safe_load(text))
    printed = ""
    for line in text.replace("\\\n", " ").splitlines() if language == "sh" else ():
        command, _, code = line.partition(" || test $? = ")
        if command.startswith("gl003 ") and not SHELL.search(command):
            printed += await in_here(shlex.split(command)[1:], int(code or 0))
        else:
            printed += await in_a_process(folder, "bash", "-c", line)
    return printed


def rendered(values):
    """Return what the chart makes of values."""
    helm = pytest.importorskip("helm_python", reason="Helm as a Python package is there for Linux only")
    with helm.Chart.load(str(ROOT / "helm" / "gl003")) as chart:
        return "".join(chart.render(values, name="plant1", namespace="plant").values())


async def in_here(arguments, code=0):
    done = await asyncio.to_thread(CliRunner().invoke, app, arguments)
    assert done.exit_code == code, f"gl003 {shlex.join(arguments)}\n{done.output}"
    return done.output


async def in_a_process(folder, *command):
    pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.STDOUT}
    process = await asyncio.create_subprocess_exec(*command, cwd=folder, **pipes)
    async with asyncio.timeout(90):
        printed, _ = await process.communicate()
    assert process.returncode == 0, f"{command[-1]}\n{printed.decode()}"
    return printed.decode()


async def run_page(page, folder, host="127.0.0.1"):
    """Run every block of a page in its order, in one folder; hold what they print to what is promised."""
    told = ""
    for block in blocks_of(DOCS / page):
        assert block.language in LANGUAGES, f"{page}: a block in {block.language or 'no language'} is not run"
        text = block.text.replace("127.0.0.1", host)
        if block.title:
            (folder / block.title).write_text(text, encoding="utf-8")
        told += await run(folder, block.language, text)
    for said in EXPECTED.get(page, ()):
        assert said in told, told


@pytest.fixture
def folder(tmp_path, monkeypatch, nats_server):
    """A folder of its own, in which `gl003` and python are found, and the bus of the test."""
    monkeypatch.chdir(tmp_path)
    for name in ("SITE", "GL003_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", f"{SCRIPTS}:{os.environ['PATH']}")
    monkeypatch.setenv("NATS_URL", nats_server.url)
    return tmp_path


@pytest.mark.parametrize("page", sorted(set(PAGES) - NEEDS_THE_PLANT))
async def test_a_page_does_what_it_says(page, folder):
    await run_page(page, folder)


async def test_pages_about_the_simulated_plant_do_what_they_say(folder):
    host = free_host()
    async with simulated_plant(host):
        for page in sorted(NEEDS_THE_PLANT):
            (folder / page).mkdir()
            os.chdir(folder / page)
            await run_page(page, folder / page, host)


EXPECTED = {
    "quick-start.md": ("site north",),
    "tutorial.md": (
        "modbus://",
        "fits best: spirax_tva",
        "long tag: make_up_water",
        "STEAM.HEADER",
        ", simulated",
    ),
    "commissioning.md": ("trusted",),
    "agents.md": ("91.0", "GL-002", "12.0"),
    "quality.md": ("145",),
    "operations.md": ("main_steam_header", "10.1.2.0/24"),
}
"""What readers are promised to see."""


def test_the_site_builds_and_no_link_leads_nowhere(tmp_path):
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    command = [SCRIPTS / "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path / "site"]
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    reference = (tmp_path / "site" / "reference.html").read_text(encoding="utf-8")
    told = set(re.findall(r'id="integrations\.([\w.]+)"', reference))
    assert set(integrations.__all__) - told == set()
    assert {"SteamMeterConfig.calibration_factor", "SteamMeterConnector.connect"} <= told
    assert "impute_method" in reference
