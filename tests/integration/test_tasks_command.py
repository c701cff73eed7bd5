"""`gl003 tasks` against the coordination service: submitted, seen, cancelled, and refused by option."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from fakes.agents import make_streams
from fakes.site import document, events, eventually, running, toml
from fakes.tasks import Doing, doer
from integrations.cli.app import app


@pytest.fixture
async def gl003(nats_server, streams, tmp_path):
    await make_streams(streams)
    path = tmp_path / "plant.toml"
    path.write_text(toml(document(nats_server.url)))

    async def run(*arguments):
        asked = ["tasks", *arguments, "--config", str(path)]
        found = await asyncio.to_thread(CliRunner().invoke, app, asked)
        return found.exit_code, found.stdout, found.stderr

    return run


async def test_a_task_is_submitted_looked_at_and_cancelled_by_hand(nats_server, gl003):
    it = doer(nats_server.url, "GL-004", Doing(hold=True))
    async with running("coordination", document(nats_server.url)), it.bus, it:
        submitted = gl003("submit", "report", "--id", "a", "--param", "hours=8", "--priority", "1")
        assert await submitted == (0, "a\n", "")
        await eventually(lambda: it.tasks.worker.counts["accepted"], 20)
        code, out, _ = await gl003("list", "--json")
        (listed,) = json.loads(out)
        assert (code, listed["task_id"], listed["status"], listed["priority"]) == (0, "a", "in_progress", 1)
        assert await gl003("cancel", "a", "--reason", "not needed") == (0, "a is cancelled\n", "")
        code, out, _ = await gl003("show", "a")
        assert code == 0
        assert 'parameters  {"hours":8}' in out
        assert [line.split()[1] for line in out.splitlines()[-4:]] == [
            "pending", "assigned", "in_progress", "cancelled"
        ]  # fmt: skip
        assert (await gl003("cancel", "a"))[0] == 3


async def test_what_is_asked_wrongly_is_told_by_option(gl003):
    for arguments, said in (
        (("submit", "re.port"), "task_type"),
        (("submit", "report", "--param", "hours"), "--param must be name=value"),
        (("submit", "report", "--at", "soon"), "--at must be a time"),
        (("submit", "report", "--cron", "* *"), "cron must have five or six fields"),
        (("list", "--status", "open"), "--status must be one of pending"),
    ):
        code, _, err = await gl003(*arguments)
        assert (code, said in err) == (2, True), err
    code, _, err = await gl003("show", "ghost")
    assert (code, "nobody knows a task ghost" in err) == (3, True)


async def test_a_bus_without_tasks_is_told_at_once(nats_server, streams, tmp_path):
    path = tmp_path / "plant.toml"
    path.write_text(toml(document(nats_server.url)))
    found = await asyncio.to_thread(CliRunner().invoke, app, ["tasks", "show", "a", "--config", str(path)])
    assert (found.exit_code, "stream not found" in found.stderr) == (1, True)


async def test_a_task_that_fails_is_an_event_and_counted(nats_server, streams, gl003):
    table = document(nats_server.url, tasks={"unknown_type_seconds": 0.2})
    async with running("coordination", table):
        code, out, _ = await gl003("submit", "juggle", "--id", "a", "--wait", "20s")
        assert (code, "no agent knows task_type juggle" in out) == (3, True)
        (event,) = await eventually(lambda: events(streams, "task_failed"), 20)
    assert (event.severity, event.subject_id, event.facts["task_type"]) == ("warning", "a", "juggle")
    assert event.text == "task a (juggle) failed: no agent knows task_type juggle; known are none"
