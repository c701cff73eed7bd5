"""On a bus with permissions an agent is itself and nobody else."""

import pytest

from fakes.agents import SOON
from fakes.secured import secured
from fakes.site import SITE
from integrations import AgentCoordinator, AgentRole, MessageBus, MessageType
from integrations.bus import Bus, StreamSettings, ensure_streams, retold_configs, stream_configs
from integrations.coordination import SenderError
from integrations.coordination.mailboxes import make_mailboxes

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


def agent(plant, agent_id, credentials):
    bus = MessageBus(plant.settings(f"agent-{credentials}"), name=agent_id, site=SITE)
    return AgentCoordinator(agent_id, AgentRole.ANALYTICS, bus=bus, settings=SOON)


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
