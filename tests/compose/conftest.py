"""The whole site in containers, once for all tests of this folder; skipped where that cannot be.

Images are built, unless GL003_COMPOSE_IMAGES=present says that they are there. NATS_IMAGE and PYTHON_IMAGE
name others than the usual ones.
"""

import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UP_SECONDS = 300
BUILD_SECONDS = 900


@dataclass(frozen=True)
class Stack:
    """A Compose project of its own: it shares nothing with one that an operator runs."""

    environment: dict
    secrets: Path

    def compose(self, *arguments, check=True, seconds=UP_SECONDS):
        command = [str(composer()), "--profile", "demo", *arguments]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert not check or done.returncode == 0, f"{' '.join(arguments)}: {done.stderr or done.stdout}"
        return done

    def inside(self, service, *command, check=True):
        return self.compose("exec", "-T", service, *command, check=check)

    def containers(self, service):
        return self.compose("ps", "-q", service).stdout.split()

    @property
    def url(self):
        return f"nats://127.0.0.1:{self.environment['NATS_PORT']}"


def composer():
    return Path(sys.executable).parent / "docker-compose"


def why_not():
    """Return why there is no Docker to test with; nothing where there is."""
    if not composer().exists():
        return "Compose as a Python package is there for Linux only"
    try:
        asked = subprocess.run(["docker", "version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"Docker cannot be asked: {error}"
    return asked.returncode and f"Docker does not answer: {asked.stderr.strip().splitlines()[-1]}"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    if reason := why_not():
        pytest.skip(reason)
    secrets = tmp_path_factory.mktemp("secrets")
    subprocess.run([ROOT / "deploy" / "make-secrets.sh", secrets], check=True)
    environment = {
        **os.environ,
        "COMPOSE_PROJECT_NAME": f"gl003-test-{os.getpid()}",
        "SECRETS_FOLDER": str(secrets),
        "NATS_PORT": str(free_port()),  # a port of Docker's choice would be another after a restart
    }
    one = Stack(environment, secrets)
    if os.environ.get("GL003_COMPOSE_IMAGES") != "present":
        built = one.compose("build", check=False, seconds=BUILD_SECONDS)
        if built.returncode:
            pytest.skip(f"images cannot be built here: {built.stderr.strip()[-300:]}")
    try:
        one.compose("up", "--detach", "--no-build", "--wait")
        yield one
    finally:
        one.compose("down", "--volumes", "--timeout", "20", check=False)
