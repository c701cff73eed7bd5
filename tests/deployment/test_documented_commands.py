"""Every command in the documentation is one: its options, targets, services and names are there."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer
import yaml

from fakes.pages import DOCS, PROGRAMS, commands_in_text, commands_of
from fakes.site import ROOT
from integrations.cli.app import app
from integrations.runtime.services import service_names

PAGES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md", ROOT / "ARCHITECTURE.md"]
COMPOSE = Path(sys.executable).parent / "docker-compose"
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
COMPOSE_FILE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
SERVICES = yaml.safe_load(COMPOSE_FILE)["services"]
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))
VARIABLES = {*re.findall(r"\$\((?:\w+ )?(\w+)\)", MAKEFILE), *re.findall(r"\$\{(\w+)", COMPOSE_FILE)}
PROFILES = {profile for service in SERVICES.values() for profile in service.get("profiles", ())}
VERBS = {
    "helm": {"install", "upgrade", "test"},
    "kubectl": {"scale"},
    "nats": {"sub", "req", "kv"},
    "systemctl": {"start", "stop", "restart", "status", "enable"},
}
"""What is asked of programs that the project does not bring along; their options are not known here."""


def gl003(words):
    command = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    if command.name == "gl003":
        options = {option for parameter in command.params for option in parameter.opts}
        assert set(words) <= options, words
    elif words:  # else it is only named
        command.make_context(command.name, list(words))


def make(words):
    target, *variables = words
    assert target in TARGETS, target
    told = dict(one.split("=", 1) for one in variables)
    assert set(told) <= VARIABLES, told
    if target == "run":
        gl003(["run", *shlex.split(told.get("ARGS", ""))])
    if target in {"bench", "sizing"}:
        names = [word for word in told.get("ARGS", "").split() if not word.startswith("-")]
        assert all(
            (ROOT / "tests" / "benchmarks" / f"{word}.py").exists() or word[0].isdigit() for word in names
        )
    assert set(told.get("PROFILES", "").split()) <= PROFILES


def python(words):
    module, _, name = words[1].rpartition(".")
    assert (words[0], module) == ("-m", "services")
    assert name in {*service_names(), "name"}
    assert words[2:] in ([], ["--config", "plant.toml"])


def docker(words):
    assert words[0] == "compose"
    verb, *rest = words[1:]
    named = [word.partition("=")[0] for word in rest if not word.startswith("-")]
    if verb == "exec":
        (inner,) = commands_of(shlex.join(rest[1:]))
        check(inner)
        named = named[:1]
    assert set(named) <= SERVICES.keys(), named
    if COMPOSE.exists():
        shown = subprocess.run([COMPOSE, verb, "--help"], capture_output=True, text=True, check=True)
        assert all(word in shown.stdout.split() for word in rest if word.startswith("--")), rest


def nats(words):
    assert words[0] in VERBS["nats"]
    if words[0] == "kv":
        assert words[1] in {"put", "get"}
        assert words[2] in {"gl_config", "gl_latest"}
    else:
        assert words[1].startswith("gl."), words


def nats_server(words):
    assert words == ["-c", "secrets/server/nats-server.conf"]


def helm(words):
    assert words[0] in VERBS["helm"]
    assert all((ROOT / word).is_dir() for word in words if "/" in word), words


def other(program):
    def check_verb(words):
        assert words[0] in VERBS[program], words

    return check_verb


def pip(words):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert words[0] == "install"
    name, _, extra = words[1].rstrip("]").partition("[")
    assert name == project["name"]
    assert extra in {"", *project["optional-dependencies"]}


def npm(words):
    scripts = json.loads((ROOT / "services" / "console" / "web" / "package.json").read_text())["scripts"]
    assert words == ["ci"] or (words[0] == "run" and words[1] in scripts)


def our_script(words):
    assert words == []


def source(words):
    assert words == [".venv/bin/activate"] or words[0].startswith("secrets/users/")


CHECKS = {
    ".": source, "gl003": gl003, "make": make, "python": python, "docker": docker, "nats": nats, "helm": helm,
    "pip": pip, "npm": npm, "nats-server": nats_server, "kubectl": other("kubectl"),
    "systemctl": other("systemctl"), "deploy/make-secrets.sh": our_script,
}  # fmt: skip


def check(words):
    CHECKS[words[0]](words[1:])


def told_in(page):
    return [(page, command) for command in commands_in_text(page)]


@pytest.mark.parametrize(
    ("page", "command"),
    [pair for page in PAGES for pair in told_in(page)],
    ids=lambda value: value.name if isinstance(value, Path) else value,
)
def test_a_command_in_the_text_is_one(page, command):
    check(shlex.split(command))


@pytest.mark.parametrize(
    "command",
    [
        "gl003 prob modbus://h", "gl003 probe modbus://h --onec", "gl003 run --for", "make runn",
        "make run ARG=1", "make run ARGS=--fro=1", "make up PROFILES=demos", "python -m services.toaster",
        "docker compose up plants", "docker compose up --scael plant=1", "helm instal x",
        "nats sub 'clean.>'", "nats kv drop gl_config", "pip install gl003", "npm run biuld",
    ],
)  # fmt: skip
def test_what_is_no_command_is_found(command):
    with pytest.raises((AssertionError, typer.TyperException, KeyError, subprocess.CalledProcessError)):
        check(shlex.split(command))


def test_every_program_that_is_named_is_checked():
    assert set(CHECKS) >= set(PROGRAMS) - {"curl"}


def test_the_script_for_passwords_makes_them_and_keeps_them(tmp_path):
    script = ROOT / "deploy" / "make-secrets.sh"
    for _ in range(2):
        subprocess.run([script, tmp_path / "secrets"], check=True)
        made = {file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()}
    assert {"nats_password", "grafana_password"} <= set(made)
    subprocess.run([script, tmp_path / "secrets"], check=True)
    assert {file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()} == made
