"""The documentation does what it says: its commands, its Python and its TOML are run, page by page."""

import asyncio
import os
import re
import shlex
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fakes.site import ROOT, eventually
from integrations.cli.app import app

DOCS = ROOT / "docs"
HOST = "127.0.0.23"
"""Instead of this machine's usual address, where somebody else's plant may be served."""
BLOCK = re.compile(
    r'^```(?P<language>\w+)(?: title="(?P<title>[\w.]+)")?\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL
)
COMMAND = re.compile(r"(?:^ {4}|`)gl003 (?P<words>[a-z]+[^`\n#]*)", re.MULTILINE)
PAGES = sorted(
    str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md") if BLOCK.search(page.read_text("utf-8"))
)
NOT_RUN = {"operations.md"}
"""It needs a container host or a cluster; its `gl003` commands are held against the command line's own."""
NEEDS_THE_PLANT = {"tutorial.md", "commissioning.md"}
SHELL = re.compile(r"[|>]|\$\(")
SCRIPTS = Path(sys.executable).parent


@asynccontextmanager
async def simulated_plant():
    """Serve what `gl003 plant` serves until the last device listens."""
    process = await asyncio.create_subprocess_exec(
        SCRIPTS / "gl003", "plant", "--host", HOST, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await eventually(lambda: listens(5021), 30)
        await eventually(lambda: listens(4840), 30)
        yield
    finally:
        process.terminate()
        await process.wait()


async def listens(port):
    try:
        _, writer = await asyncio.open_connection(HOST, port)
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
    printed = ""
    for line in text.replace("\\\n", " ").splitlines():
        command, _, code = line.partition(" || test $? = ")
        if command.startswith("gl003 ") and not SHELL.search(command):
            printed += await in_here(shlex.split(command)[1:], int(code or 0))
        else:
            printed += await in_a_process(folder, "bash", "-c", line)
    return printed


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


async def run_page(page, folder):
    """Run every block of a page in its order, in one folder; hold what they print to what is promised."""
    told = ""
    for block in BLOCK.finditer((DOCS / page).read_text(encoding="utf-8")):
        text = block["text"].replace("127.0.0.1", HOST)
        if block["title"]:
            (folder / block["title"]).write_text(text, encoding="utf-8")
        if block["language"] in {"sh", "python", "toml"}:
            told += await run(folder, block["language"], text)
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


@pytest.mark.parametrize("page", sorted(set(PAGES) - NOT_RUN - NEEDS_THE_PLANT))
async def test_a_page_does_what_it_says(page, folder):
    await run_page(page, folder)


async def test_pages_about_the_simulated_plant_do_what_they_say(folder):
    async with simulated_plant():
        for page in sorted(NEEDS_THE_PLANT):
            (folder / page).mkdir()
            os.chdir(folder / page)
            await run_page(page, folder / page)


EXPECTED = {
    "quick-start.md": ("site north",),
    "tutorial.md": (
        "modbus://",
        "fits best: spirax_tva",
        "long tag: make_up_water",
        "STEAM.HEADER",
        "quality 4",
    ),
    "commissioning.md": ("trusted",),
    "agents.md": ("91.0", "GL-002", "12.0"),
    "quality.md": ("145",),
}
"""What readers are promised to see."""


def test_commands_that_only_stand_in_text_are_commands():
    known = {command.name or command.callback.__name__.rstrip("_") for command in app.registered_commands}
    known |= {group.typer_instance.info.name for group in app.registered_groups}
    for page in DOCS.rglob("*.md"):
        for found in COMMAND.finditer(page.read_text(encoding="utf-8")):
            assert found["words"].split()[0] in known, f"{page.name}: gl003 {found['words']}"


def test_the_site_builds_and_no_link_leads_nowhere(tmp_path):
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    command = [SCRIPTS / "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path / "site"]
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    reference = (tmp_path / "site" / "reference.html").read_text(encoding="utf-8")
    assert "calibration_factor" in reference
    assert "get_averaged_flow" in reference
