"""Agents on a bus that allows each only what is its own: they share state and decide together."""

import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from fakes.agents import SOON
from fakes.secured import secured
from fakes.site import SITE, document, eventually, running
from fakes.tasks import a_task
from integrations import AgentCoordinator, AgentRole, MessageBus, MessageType, StateManager, TaskSchedule
from integrations.bus import (
    Bus,
    BusEventKind,
    Outgoing,
    Publisher,
    StreamSettings,
    ensure_streams,
    listening,
    retold_configs,
    stream_configs,
)
from integrations.cli.agents.send import Wanted, _send, message_of
from integrations.coordination import AgentError, Link
from integrations.coordination.collaboration.leading import invitation_message, publish_result
from integrations.coordination.collaboration.record import open_collaborations, read_record
from integrations.coordination.mailbox.consumers import make_mailboxes
from integrations.coordination.tasks import TaskDesk
from integrations.messages import (
    CollaborationInvitation,
    CollaborationOutcome,
    CollaborationProposal,
    CollaborationResult,
    encode,
)

SMALL = StreamSettings(storage_bytes=64 * 1024 * 1024)
STREAMS = [*stream_configs(SMALL, SITE), *retold_configs(SMALL)]
AGENTS = ("GL-001", "GL-002")


@pytest.fixture
async def plant(tmp_path):
    async with secured(tmp_path / "secrets", SITE, agents=AGENTS) as plant:
        async with Bus(plant.settings("operator"), attempts=3) as bus:
            await ensure_streams(bus, STREAMS, attempts=3)
            await make_mailboxes(bus, AGENTS)
        yield plant


async def test_two_agents_share_state_and_decide_with_nothing_refused(plant):
    buses = [MessageBus(plant.settings(f"agent-{agent}"), name=agent, site=SITE) for agent in AGENTS]
    async with buses[0], buses[1]:
        denied = [bus.link.bus.counts for bus in buses]
        one, other = (
            AgentCoordinator(agent, AgentRole.ANALYTICS, bus=bus, settings=SOON)
            for agent, bus in zip(AGENTS, buses, strict=True)
        )
        async with one, other, StateManager(buses[0]) as mine, StateManager(buses[1]) as its:
            other.on_collaboration(lambda invitation: {"efficiency": 1.0})
            found = await one.request_collaboration("steam", ["GL-002"], objective="efficiency", timeout=20)
            assert (await one.collaborations.result(found, 15))["best_agent_id"] == "GL-002"
            await eventually(lambda: other.collaborations.get_optimization_result(found))
            await mine.update_state("GL-001", "setpoint", 12.0)
            await eventually(lambda: its.get_state("setpoint") == 12.0)
        assert [counts[BusEventKind.PERMISSION_DENIED] for counts in denied] == [0, 0]


async def test_a_step_in_anothers_name_does_not_count(plant):
    buses = [MessageBus(plant.settings(f"agent-{agent}"), name=agent, site=SITE) for agent in AGENTS]
    async with buses[0], buses[1]:
        one, other = (
            AgentCoordinator(agent, AgentRole.ANALYTICS, bus=bus, settings=SOON)
            for agent, bus in zip(AGENTS, buses, strict=True)
        )
        async with one, other:
            found = await one.request_collaboration("steam", ["GL-002", "GL-003"], timeout=20)
            about = {"collaboration_id": found, "agent_id": "GL-003", "timestamp": datetime.now(UTC)}
            forged = CollaborationProposal(**about, proposal_id="p", proposal={"efficiency": 9.0})
            subject, link = f"gl.collab.{found}.proposal", buses[1].link
            (ack,) = await link.publisher.publish_all([Outgoing(subject, encode(forged))])
            record = await read_record(link.bus, found, ack.seq)
            told = "it names 'GL-003' as its sender, but the server says that 'GL-002' has sent it"
            assert record.refusal(ack.seq) == told
            assert not record.machine.proposals


async def test_nobody_invites_in_anothers_name_or_ends_what_another_began(plant):
    now = datetime.now(UTC)
    buses = [MessageBus(plant.settings(f"agent-{agent}"), name=agent, site=SITE) for agent in AGENTS]
    async with buses[0], buses[1]:
        mine, its = (bus.link for bus in buses)
        real, forged = (
            CollaborationInvitation(
                collaboration_id=one,
                initiator_id="GL-001",
                task_type="steam",
                required_agents=["GL-002"],
                created_at=now,
                deadline=now + timedelta(minutes=1),
            )
            for one in ("real", "forged")
        )
        await mine.publisher.publish_all([invitation_message(real)])
        await its.publisher.publish_all([invitation_message(forged)])
        assert (await read_record(its.bus, "forged")).machine is None
        result = CollaborationResult(
            collaboration_id="real", outcome=CollaborationOutcome.CANCELLED, timestamp=now
        )
        assert not await publish_result(its.bus, its.publisher, result)
        assert (await read_record(its.bus, "real")).result is None
        assert await open_collaborations(mine.bus) == ["real", "forged"]
        assert await publish_result(mine.bus, mine.publisher, result)
        assert await open_collaborations(mine.bus) == ["forged"]


async def test_the_coordination_is_gl003_and_gives_out_tasks_with_nothing_refused(plant, capfd, caplog):
    caplog.set_level("DEBUG")
    table = {**document(""), "nats": plant.table("coordination")}
    bus = MessageBus(plant.settings("agent-GL-001"), name="GL-001", site=SITE)
    gl001 = AgentCoordinator("GL-001", AgentRole.ORCHESTRATOR, bus=bus, settings=SOON)
    async with running("coordination", table), bus, gl001:
        await eventually(lambda: gl001.directory.find("GL-003"))
        assert (await gl001.request("GL-003", "quality_report", timeout_seconds=15))["sensors"] == 0
        with pytest.raises(AgentError, match="nothing was ever heard of a sensor x"):
            await gl001.request("GL-003", "sensor_history", {"sensor_id": "x", "begin": 0})
        with pytest.raises(AgentError, match="no service that takes writes is there"):
            await gl001.request("GL-003", "write_tag", {"tag": "t", "value": 1})
        asked = {"sensors": ["x"], "notify": True}
        assert (await gl001.request("GL-003", "subscribe_readings", asked))["notify"]
        gl001.register_task_handler("count", lambda task: {"n": 1})
        await gl001.tasks.desk.submit_task(a_task("t1", "count", requester="GL-001"))
        assert (await gl001.tasks.desk.wait_for("t1", 20)).status.value == "completed"
    log = "".join(capfd.readouterr()) + caplog.text
    assert "may not" not in log
    assert "permissions violation" not in log.lower()


async def test_an_operator_submits_and_cancels_tasks_with_nothing_refused(plant):
    async with Bus(plant.settings("operator"), attempts=3) as bus, Publisher(bus) as publisher:
        desk = TaskDesk(bus, publisher)
        await desk.submit_task(a_task("once"))
        await desk.submit_task(a_task("often"), TaskSchedule(every=timedelta(hours=1)))
        assert await desk.cancel_task("once")
        assert await desk.cancel_task("often")
        assert {record.task_id async for record in desk.tasks()} == {"once", "often"}
        assert bus.counts[BusEventKind.PERMISSION_DENIED] == 0


async def test_an_operator_asks_an_agent_with_nothing_refused(plant, capsys):
    buses = MessageBus(plant.settings("agent-GL-001"), name="GL-001", site=SITE)
    gl001 = AgentCoordinator("GL-001", AgentRole.ORCHESTRATOR, bus=buses, settings=SOON)
    gl001.register_handler(MessageType.REQUEST, "ping", lambda _: {"pong": True})
    wanted = Wanted("GL-001", "ping", (), True, 20.0, "normal", "request")
    async with buses, gl001, Bus(plant.settings("operator"), attempts=3) as bus, Publisher(bus) as publisher:
        assert await _send(Link(bus, publisher, SITE), message_of(wanted), wanted) == 0
        assert bus.counts[BusEventKind.PERMISSION_DENIED] == 0
    assert json.loads(capsys.readouterr().out) == {"pong": True}


def published(heard):
    """Where an agent publishes what is heard of it: it does not say itself who it is."""
    return heard.removesuffix(".GL-001") if heard.startswith("gl.") else heard


async def test_what_passes_by_is_heard_across_accounts_and_once_by_who_said_it(plant):
    said = (
        "gl.agent.broadcast.GL-001",
        "gl.collab.c.vote.GL-001",
        "$KV.gl_state.GL-001.k",
        "$KV.gl_agents.presence.GL-001",
    )
    to_other = ("gl.agent.GL-002.reply.1.GL-001", "gl.agent.GL-002.inbox.p3.GL-001")
    heard = {"agent-GL-001": [], "agent-GL-002": [], "console": []}
    async with contextlib.AsyncExitStack() as stack:
        buses = {name: await stack.enter_async_context(Bus(plant.settings(name))) for name in heard}
        for name, bus in buses.items():
            agent_id = name.removeprefix("agent-")
            subjects = ["$KV.gl_agents.>"]
            if name != "console":
                mine = (f"gl.agent.{agent_id}.reply.>", f"gl.agent.{agent_id}.inbox.>")
                subjects += ["gl.agent.broadcast.*", "gl.collab.>", "$KV.gl_state.>", *mine]
            for subject in subjects:
                note = listening(bus, subject, lambda subject, *_, name=name: heard[name].append(subject))
                await stack.enter_async_context(note)
            await bus.client.flush()
        for subject in (*said, *to_other):
            await buses["agent-GL-001"].client.publish(published(subject), b"{}")
        await eventually(lambda: len(heard["agent-GL-002"]) >= len(said + to_other))
        await buses["agent-GL-001"].client.publish("gl.agent.broadcast", b"last")
        await eventually(lambda: heard["agent-GL-001"].count("gl.agent.broadcast.GL-001") > 1)
        assert sorted(heard["agent-GL-002"][: len(said + to_other)]) == sorted(said + to_other)
        assert sorted(heard["agent-GL-001"]) == sorted([*said, "gl.agent.broadcast.GL-001"])
        assert heard["console"] == ["$KV.gl_agents.presence.GL-001"]
