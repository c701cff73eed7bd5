"""Collaborations as an operator sees them, and how the service ends those that nobody ends."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from fakes.agents import agents
from fakes.site import SITE, document, eventually, running, toml
from integrations.cli.app import app
from integrations.coordination.collaboration.record import read_record
from integrations.runtime.coordination import concluding


@pytest.fixture
def gl003(nats_server, tmp_path):
    """Run a command as another program would: in a thread, it has an event loop of its own."""

    config = tmp_path / "plant.toml"
    config.write_text(toml({"site": SITE, "nats": {"url": nats_server.url}}))

    async def run(*argv):
        return await asyncio.to_thread(CliRunner().invoke, app, [*argv, "--config", str(config)])

    return run


async def test_a_collaboration_is_listed_and_shown_step_by_step(nats_server, gl003):
    async with agents(nats_server.url, "A", "B", "C") as (a, b, c):
        b.on_collaboration(lambda invitation: {"efficiency": 95.0, "pressure": 13})
        c.on_collaboration(lambda invitation: None)
        found = await a.request_collaboration(
            "steam", ["B", "C", "nobody"], {"target_efficiency": 95.0}, constraints={"max_pressure": 12}
        )
        await a.collaborations.result(found, 10)
        open_one = await a.request_collaboration("other", ["GL-001"], timeout=60)

        shown = await gl003("collab", "show", found)
        assert shown.exit_code == 0
        for words in (
            "A invites B, C, nobody",
            'B proposes  {"efficiency": 95.0, "pressure": 13}',
            "C declines  has nothing to propose",
            "result: consensus",
            "* B  score 80.0  violates pressure <= 12",
            "C  declined: has nothing to propose",
            "nobody  missing: no agent is known by that name",
        ):
            assert words in shown.stdout
        facts = json.loads((await gl003("collab", "show", found, "--json")).stdout)
        assert (facts["phase"], facts["result"]["best_agent_id"]) == ("published", "B")
        assert facts["participants"]["C"] == "declined"

        listed = (await gl003("collab", "list")).stdout.splitlines()
        assert [line.split()[0] for line in listed] == [open_one, found]
        still_open = (await gl003("collab", "list", "--open", "--json")).stdout.splitlines()
        assert [json.loads(line)["phase"] for line in still_open] == ["invited"]
        assert "goes on: GL-001 invited" in (await gl003("collab", "show", open_one)).stdout
        assert (await gl003("collab", "show", "no-such-one")).exit_code == 3
        wrong = await gl003("collab", "show", "a.b")
        assert wrong.exit_code == 2
        assert "ID must be letters" in wrong.stderr


async def test_what_its_leader_left_is_ended_by_the_service_and_told(nats_server, streams, monkeypatch):
    monkeypatch.setattr(concluding, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(concluding, "PATIENCE_NS", 0)
    async with agents(nats_server.url, "B") as (b,):
        b.on_collaboration(lambda invitation: True)
        async with agents(nats_server.url, "A") as (a,):
            found = await a.request_collaboration("steam", ["B", "GL-001"], objective="efficiency", timeout=3)

            async def proposed():
                return await b.collaborations.submit_proposal(found, "B", {"efficiency": 1.0})

            await eventually(proposed)
        async with running("coordination", document(nats_server.url)):
            result = await eventually(lambda: b.collaborations.get_optimization_result(found), 20)
        assert (result["best_agent_id"], result["silent"]) == ("B", ["GL-001"])
        record = await read_record(streams, found)
        assert record.result is not None
