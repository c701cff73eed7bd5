"""Commands in the text of the documentation, beside its blocks: each is run, or named with the reason."""

import asyncio
import os
import re
import shlex
import signal
import sys
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import typer

from fakes.pages import DOCS, commands_in_text
from fakes.site import ROOT, eventually
from integrations.cli.app import app

NOT_RUN = {
    "docker": "needs a container host",
    "helm": "needs a cluster; the values in the page are rendered with its blocks",
    "kubectl": "needs a cluster",
    "make up": "needs a container host",
    "make down": "needs a container host",
    "make bench": "takes minutes; each benchmark has tests of its own",
    "make sizing": "reckons with the figures of make bench, which a test brings along",
    "deploy/make-secrets.sh": "is run in tests/deployment",
}
"""Kinds of commands that have their options, targets and names looked at only (tests/deployment), and why."""
SITE = {
    "gl003 tail 'clean.>'": ("--count 1", "clean", 0),
    "gl003 status": ("", "readings are simulated", 3),
    "gl003 doctor": ("", "bus", 0),
}
"""What a running site is asked: what ends it, a word of the answer, and its exit code."""
ENDLESS = {
    "gl003 run --config plant.toml": "header",
    "python -m services.name --config plant.toml": "connected",
}
"""What goes on until Ctrl-C, and a word of what it says meanwhile."""
TIMED = {"gl003 run --fault dead:process_a@10+20 --fault stuck:main_steam_header.flow_rate@15": "--for 1s"}
"""What goes on until Ctrl-C, and how it ends by itself."""
SERVED = {"gl003 plant"}
"""What the tests of the pages' blocks have beside them."""
PREPARED = ("gl003 init", "gl003 check plant.toml", "gl003 secure init", "gl003 --install-completion")
ACTIVATE = ". .venv/bin/activate"
SITE_COMMANDS = {"make run", "make run 'ARGS=--plain --for 20s'", ACTIVATE, *SITE}
KNOWN = {*SITE_COMMANDS, *PREPARED, *ENDLESS, *TIMED, *SERVED}
NOT_WRONG = {0, 1, 3, 124, 130}
"""How a command may end that is run without more: found or not, or by `timeout`; not by a wrong option."""
SCRIPTS = Path(sys.executable).parent


@pytest.fixture
def folder(tmp_path, monkeypatch, nats_server):
    """A home of its own, in which `gl003` and python are found, and the bus of the test."""
    for name in ("SITE", "GL003_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{SCRIPTS}:{os.environ['PATH']}")
    monkeypatch.setenv("NATS_URL", nats_server.url)
    return tmp_path


class Shell:
    """A command in a shell of its own, and what it said so far."""

    def __init__(self, process):
        self.process = process
        self.said = ""
        self.reading = asyncio.create_task(self._read())

    async def _read(self):
        while some := await self.process.stdout.read(65_536):
            self.said += some.decode(errors="replace")

    async def says(self, word, seconds=60):
        await eventually(lambda: word in self.said or self.process.returncode is not None, seconds)
        assert word in self.said, self.said

    async def code(self, seconds=60):
        async with asyncio.timeout(seconds):
            await self.reading
            return await self.process.wait()

    def ctrl_c(self):
        os.killpg(self.process.pid, signal.SIGINT)


@asynccontextmanager
async def typed(command, folder):
    pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.STDOUT}
    process = await asyncio.create_subprocess_exec(
        "bash", "-c", f"{command}\nexit $?", cwd=folder, stdin=asyncio.subprocess.DEVNULL,
        start_new_session=True, **pipes,
    )  # fmt: skip
    shell = Shell(process)
    try:
        yield shell
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
        await shell.reading
        await process.wait()


async def done(command, folder):
    async with typed(command, folder) as shell:
        assert await shell.code() == 0, shell.said


async def answers(command, folder, word, code):
    """Whether a site, which may still be starting, answers as it should."""
    async with typed(command, folder) as shell:
        return await shell.code() == code and word in shell.said


async def test_a_site_that_make_run_starts_answers_what_is_asked(folder, monkeypatch):
    command = "make run 'ARGS=--plain --for 20s'".replace("20s", "900s")  # ended by Ctrl-C below
    async with typed(f"{command} -C {ROOT}", folder) as site:
        await site.says("main_steam_header-flow_rate")
        monkeypatch.setenv("NATS_URL", re.search(r"site demo  bus (nats://\S+)", site.said)[1])
        monkeypatch.setenv("SITE", "demo")
        for asked, (ending, word, code) in SITE.items():
            await eventually(partial(answers, f"{asked} {ending}", folder, word, code), 90)
        for asked in sorted(others()):
            async with typed(f"timeout --signal INT 20 {asked}", folder) as shell:
                assert await shell.code() in NOT_WRONG, shell.said
                assert "Traceback" not in shell.said
        site.ctrl_c()
        await site.code()
    await done(f"{ACTIVATE} && test $(command -v gl003) = {ROOT}/.venv/bin/gl003", ROOT)


async def test_what_prepares_a_site_does_so_and_what_is_timed_ends(folder):
    async with asyncio.TaskGroup() as beside:
        for command, ending in TIMED.items():
            beside.create_task(done(f"{command} {ending}", folder))
        for command in PREPARED:
            await done(command, folder)
    assert {"plant.toml", ".bashrc"} <= {one.name for one in folder.iterdir()}


@pytest.mark.parametrize(("command", "word"), ENDLESS.items())
async def test_what_goes_on_until_ctrl_c_ends_by_it(folder, command, word):
    plant = folder / "plant.toml"
    await done("gl003 init --device 'modbus://127.0.0.1:1?preset=spirax_tva&name=header'", folder)
    command = command.replace("services.name", "services.steam_meter").replace("plant.toml", str(plant))
    async with typed(command, ROOT) as shell:  # services are run in a copy of the repository
        await shell.says(word)
        shell.ctrl_c()
        assert await shell.code() == 0, shell.said


def told():
    """Return every command in a text of the documentation."""
    return {command for page in DOCS.rglob("*.md") for command in commands_in_text(page)}


def others():
    """Return what no table here has: it is run against the site, and may say that it finds nothing."""
    left = {one for one in told() - KNOWN if not any(is_of(kind, one) for kind in NOT_RUN)}
    return {one for one in left if not is_a_form(one)}


def is_of(kind, command):
    return f"{command} ".startswith(f"{kind} ")


def test_what_else_is_told_is_a_command_of_ours_and_the_tables_have_nothing_that_no_page_has():
    assert {one.split()[0] for one in others()} <= {"gl003"}, "a kind of command that is not run here"
    assert told() >= KNOWN
    assert all(any(is_of(kind, command) for command in told()) for kind in NOT_RUN)


def is_a_form(command):
    """Whether it only names a command, or the form of one: `gl003 trust`, `gl003 scan RANGE`."""
    words = shlex.split(command)
    if any(word.isupper() or "…" in word for word in words) or words == ["gl003"]:
        return True
    found = typer.main.get_command(app)
    for word in words[1:]:
        if word not in getattr(found, "commands", {}):
            return False
        found = found.commands[word]
    return hasattr(found, "commands") or any(parameter.required for parameter in found.params)
