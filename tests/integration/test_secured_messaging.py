"""On a bus with permissions an agent is itself and nobody else."""

import pytest
from msgspec import structs

from fakes.agents import SOON, dead_letters
from fakes.secured import secured
from fakes.site import SITE, eventually
from integrations import AgentCoordinator, AgentRole, MessageBus, MessagePriority, MessageType
from integrations.bus import (
    Bus,
    BusEventKind,
    Outgoing,
    StreamSettings,
    ensure_streams,
    retold_configs,
    stream_configs,
)
from integrations.coordination import SenderError
from integrations.coordination.mailbox.consumers import make_mailboxes
from integrations.messages import encode, inbox_subject

SMALL = StreamSettings(storage_bytes=64 * 1024 * 1024)
STREAMS = [*stream_configs(SMALL, SITE), *retold_configs(SMALL)]
AGENTS = ("GL-001", "GL-002")

INBOX = inbox_subject("GL-001", MessagePriority.NORMAL)


@pytest.fixture
async def plant(tmp_path):
    async with secured(tmp_path / "secrets", SITE, agents=AGENTS) as plant:
        async with Bus(plant.settings("operator"), attempts=3) as bus:
            await ensure_streams(bus, STREAMS, attempts=3)
            await make_mailboxes(bus, AGENTS)
        yield plant


def agent(plant, agent_id, credentials):
    bus = MessageBus(plant.settings(f"agent-{credentials}"), name=agent_id, site=SITE)
    return AgentCoordinator(agent_id, AgentRole.ANALYTICS, bus=bus, settings=SOON)


async def test_a_message_in_anothers_name_is_dead_and_whoever_sent_it_hears_why(plant):
    gl_001, gl_002 = agent(plant, "GL-001", "GL-001"), agent(plant, "GL-002", "GL-002")
    commands = []
    gl_001.register_handler(MessageType.COMMAND, "stop", commands.append)
    async with gl_001.bus, gl_002.bus, gl_001, gl_002:
        failures = []
        gl_002.on_failure(lambda error, _: failures.append((error.agent_id, error.code)))
        forged = structs.replace(
            gl_002.message("GL-001", MessageType.COMMAND, {"action": "stop"}), sender_id="GL-003"
        )
        gl_002._running().correspondence.questions.note(forged.message_id)
        told = "it names 'GL-003' as its sender, but the server says that 'GL-002' has sent it"
        await gl_002.bus.link.publisher.publish_all([Outgoing(INBOX, encode(forged))])
        await eventually(lambda: failures == [("GL-001", "wrong_sender")])
        async with Bus(plant.settings("operator"), attempts=3) as operator:
            (letter,) = await eventually(lambda: dead_letters(operator, SITE))
        assert letter.headers["GL-Dead-Reason"] == f"wrong_sender: {told}"
        answer = await gl_002.bus.asker.ask(forged, 10)
        assert answer.payload["error"] == {"code": "wrong_sender", "reason": told}
        assert not commands


async def test_an_agent_hears_of_its_mail_that_nobody_has_read_in_time(plant):
    gl_002 = agent(plant, "GL-002", "GL-002")
    async with gl_002.bus, gl_002:
        failures = []
        gl_002.on_failure(lambda error, _: failures.append(error.code))
        await gl_002.send_message(gl_002.message("GL-001", MessageType.NOTIFICATION, {}, ttl=1))
        await eventually(lambda: failures == ["expired"])
        assert gl_002.bus.link.bus.counts[BusEventKind.PERMISSION_DENIED] == 0


async def test_agents_with_their_own_keys_talk_and_one_with_anothers_key_is_told_why_not(plant):
    gl_001, gl_002 = agent(plant, "GL-001", "GL-001"), agent(plant, "GL-002", "GL-002")
    gl_001.register_handler(MessageType.REQUEST, "ping", lambda _: {"pong": True})
    async with gl_001.bus, gl_002.bus, gl_001, gl_002:
        for durable in (True, False):
            assert await gl_002.request("GL-001", "ping", durable=durable) == {"pong": True}
    impostor = agent(plant, "GL-001", "GL-002")
    async with impostor.bus:
        with pytest.raises(SenderError, match="the bus does not let us be GL-001: not allowed"):
            await impostor.start()
