"""The command line, run beside the devices of a test."""

import asyncio

import pytest
from typer.testing import CliRunner

from integrations.cli.app import app


@pytest.fixture
def gl003(tmp_path, monkeypatch):
    """Return a coroutine function that runs `gl003` in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    for name in ("NATS_URL", "SITE", "GL003_CONFIG"):
        monkeypatch.delenv(name, raising=False)

    async def run(*arguments, typed=None):
        return await asyncio.to_thread(CliRunner().invoke, app, [*map(str, arguments)], input=typed)

    return run
