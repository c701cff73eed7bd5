"""Agents that decide together over a real bus: who proposes, who is missed, and what all are told."""

import asyncio

import msgspec
import pytest

from fakes.agents import Heard, agent, agents, dead_letters
from fakes.site import eventually
from integrations import CollaborativeOptimizer, MessageType
from integrations.bus import EmbeddedServer
from integrations.coordination import CollaborationError, TermsError
from integrations.coordination.collaboration.record import read_record


def proposes(one, value, **more):
    one.on_collaboration(lambda invitation: {"efficiency": value, **more})


async def steps_of(one, collaboration_id):
    record = await read_record(one.bus.link.bus, collaboration_id)
    return [type(entry.step).__name__.removeprefix("Collaboration").lower() for entry in record.entries]


async def test_the_best_proposal_wins_and_all_are_told(nats_server):
    async with agents(nats_server.url, "A", "B", "C") as (a, b, c):
        proposes(b, 95.5, fuel=3)
        proposes(c, 91.0)
        found = await a.request_collaboration("steam", ["B", "C"], {"target_efficiency": 95.0})
        result = await a.collaborations.result(found, 10)
        assert (result["outcome"], result["best_agent_id"]) == ("consensus", "B")
        assert result["best_proposal"] == {"efficiency": 95.5, "fuel": 3}
        assert sorted(result["accepted"]) == ["B", "C"]
        assert sorted(result["scores"].values()) == pytest.approx([95.79, 99.47], abs=0.01)
        for one in (b, c):
            await eventually(lambda one=one: one.collaborations.get_optimization_result(found) == result)
        assert await steps_of(a, found) == ["invitation", "proposal", "proposal", "result"]
        assert await dead_letters(a.bus.link.bus) == []


async def test_who_declines_fails_dies_never_answers_or_is_unknown_is_reported_by_name(nats_server):
    async with agents(nats_server.url, "A", "B", "C", "D", "E") as (a, b, c, d, e):
        proposes(b, 90.0)
        c.on_collaboration(lambda invitation: None)
        d.on_collaboration(lambda invitation: 1 / 0)
        e.on_collaboration(Heard(True, hold=True))
        asked = ["B", "C", "D", "E", "nobody", "GL-001"]
        found = await a.request_collaboration("steam", asked, timeout=2.0)
        await eventually(lambda: e.collaborations.proposer.messages)
        dying = asyncio.create_task(e.stop())
        e.collaborations.proposer.go.set()
        result = await a.collaborations.result(found, 20)
        await dying
        assert result["declined"] == ["C", "D"]
        assert set(result["silent"]) == {"E", "nobody", "GL-001"}
        reasons = result["reasons"]
        assert reasons["nobody"] == "no agent is known by that name"
        assert reasons["GL-001"] == "never answered"
        assert reasons["E"] in {"went offline", "accepted, but proposed nothing"}
        assert reasons["D"] == "failed: division by zero"
        assert reasons["C"] == "has nothing to propose"
        assert (result["outcome"], result["best_agent_id"]) == ("consensus", "B")


async def test_who_proposes_what_cannot_be_sent_declines_and_nobody_waits_for_it(nats_server):
    async with agents(nats_server.url, "A", "B") as (a, b):
        proposes(b, object())
        found = await a.request_collaboration("steam", ["B"], objective="efficiency", timeout=60)
        result = await a.collaborations.result(found, 10)
        assert (result["outcome"], result["declined"]) == ("declined", ["B"])
        assert result["reasons"]["B"] == "failed: proposal must be what JSON can hold (no place for object)"


async def test_who_asks_may_propose_too(nats_server):
    async with agents(nats_server.url, "A", "B") as (a, b):
        proposes(a, 2.0)
        proposes(b, 1.0)
        found = await a.request_collaboration("steam", ["A", "B"], objective="efficiency", timeout=20)
        assert (await a.collaborations.result(found, 10))["best_agent_id"] == "A"


async def test_constraints_cost_and_no_consensus_is_told(nats_server):
    async with agents(nats_server.url, "A", "B", "C") as (a, b, c):
        proposes(b, 95.0, pressure=15)
        proposes(c, 60.0, pressure=10)
        found = await a.request_collaboration(
            "steam", ["B", "C"], objective="efficiency", constraints={"pressure": {"max": 12}}
        )
        result = await a.collaborations.result(found, 10)
        assert (result["outcome"], result["best_agent_id"]) == ("no_consensus", "B")
        assert sorted(result["scores"].values()) == pytest.approx([63.16, 80.0], abs=0.01)
        assert list(result["violations"].values()) == [["pressure <= 12"]]


async def test_participants_vote_and_a_vote_after_the_end_is_refused(nats_server):
    async with agents(nats_server.url, "A", "B", "C") as (a, b, c):
        proposes(b, 99.0)
        proposes(c, 90.0)
        for one in (b, c):
            one.on_ballot(lambda ballot: {each: p["agent_id"] == "C" for each, p in ballot.items()})
        found = await a.request_collaboration("steam", ["B", "C"], objective="efficiency", voting=True)
        result = await a.collaborations.result(found, 10)
        assert result["best_agent_id"] == "C"
        assert max(result["votes"].values()) > 0
        proposal_id = result["best_proposal_id"]
        assert not await b.collaborations.submit_vote(found, "B", proposal_id, approve=True)
        assert not await b.collaborations.submit_proposal(found, "B", {"efficiency": 100.0})
        assert not await b.collaborations.submit_proposal("no-such", "B", {})
        assert await steps_of(a, found) == await steps_of(b, found)


async def test_a_late_step_that_reaches_the_stream_all_the_same_is_refused_and_its_sender_told(nats_server):
    async with agents(nats_server.url, "A", "B", "C") as (a, b, c):
        c.on_collaboration(lambda invitation: True)
        b.on_collaboration(lambda invitation: None)
        refused = Heard()
        found = await a.request_collaboration("steam", ["B", "C"], timeout=20)

        async def accepted():
            return len(await steps_of(a, found)) == 3

        await eventually(accepted)
        b.register_handler(MessageType.NOTIFICATION, "collaboration_refused", refused)
        body = {
            "collaboration_id": found,
            "agent_id": "B",
            "proposal_id": "p",
            "proposal": {},
            "timestamp": "2026-11-30T08:00:00Z",
        }
        client = b.bus.link.bus.client
        await client.jetstream().publish(f"gl.collab.{found}.proposal", msgspec.json.encode(body))
        await eventually(lambda: refused.messages)
        assert "proposal of B" in refused.messages[0].payload["reason"]
        assert "it has declined" in refused.messages[0].payload["reason"]
        await client.jetstream().publish(f"gl.collab.{found}.vote", b"not JSON")
        assert await c.collaborations.submit_proposal(found, "C", {"efficiency": 1.0})
        assert (await a.collaborations.result(found, 10))["best_agent_id"] == "C"


@pytest.mark.parametrize("how", ["stop", "bus"])
async def test_a_collaboration_goes_on_when_its_leader_or_the_bus_was_restarted(tmp_path, how):
    async with EmbeddedServer(tmp_path / "store") as server, agents(server.url, "B") as (b,):
        b.on_collaboration(lambda invitation: True)
        async with agents(server.url, "A") as (a,):
            found = await a.request_collaboration("steam", ["B"], objective="efficiency", timeout=60)

            async def accepted():
                return "answer" in await steps_of(b, found)

            await eventually(accepted)
            if how == "bus":
                await server.kill()
                await server.start()
                assert await b.collaborations.submit_proposal(found, "B", {"efficiency": 1.0})
                assert (await a.collaborations.result(found, 20))["best_agent_id"] == "B"
                return
        assert await b.collaborations.submit_proposal(found, "B", {"efficiency": 1.0})
        async with agents(server.url, "A") as (again,):
            assert (await again.collaborations.result(found, 20))["best_agent_id"] == "B"


async def test_what_cannot_be_asked_is_named(nats_server):
    stopped = agent(nats_server.url, "Z")
    with pytest.raises(CollaborationError, match="Z does not run"):
        await stopped.request_collaboration("steam", ["B"])
    async with agents(nats_server.url, "A") as (a,):
        for changed, words in [
            ({"required_agents": []}, "required_agents"),
            ({"required_agents": "B"}, "must be a list of agents, got 'B'"),
            ({"required_agents": ["B", "B"]}, "B twice"),
            ({"required_agents": ["B C"]}, "required_agents"),
            ({"timeout": 0}, "timeout must be above 0"),
            ({"task_type": "a b"}, "task_type"),
            ({"parameters": {"x": object()}}, "parameters must be what JSON can hold"),
            ({"constraints": {"pressure": 5}}, "constraint pressure"),
        ]:
            with pytest.raises(TermsError, match=words):
                await a.request_collaboration(**{"task_type": "steam", "required_agents": ["B"], **changed})


async def test_an_optimizer_of_its_own_serves_an_agent_too(nats_server):
    async with agents(nats_server.url, "A", "B") as (a, b):
        proposes(b, 5.0)
        async with CollaborativeOptimizer(a) as optimizer:
            found = await optimizer.start_optimization("efficiency", ["B"], timeout=20)
            assert (await optimizer.result(found, 10))["best_agent_id"] == "B"
