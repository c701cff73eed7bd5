"""Who is there: shown and seen although something goes wrong on the way."""

from fakes.agents import SOON, agents, make_streams
from fakes.site import eventually
from integrations import AgentCoordinator, AgentRole, MessageBus
from integrations.bus import Publisher, PublishRefusedError, Refusal
from integrations.coordination import Link


class Refusing(Publisher):
    """Refuses signs of life, as many as it is told to; remembers where messages went."""

    left = 0

    def __init__(self, bus):
        super().__init__(bus)
        self.went = []

    async def publish_all(self, messages):
        if self.left and "presence" in messages[0].subject:
            self.left -= 1
            raise PublishRefusedError([Refusal(messages[0], "not now")])
        self.went.append(messages[0].subject)
        return await super().publish_all(messages)


async def test_an_agent_whose_sign_of_life_was_refused_gives_another(nats_server, bus):
    await make_streams(bus)
    async with (
        Refusing(bus) as publisher,
        MessageBus(link=Link(bus, publisher)) as shared,
        AgentCoordinator("A", AgentRole.ANALYTICS, bus=shared, settings=SOON),
    ):
        publisher.left = 1
        await eventually(lambda: not publisher.left, 20)
        publisher.went.clear()
        await eventually(lambda: "$KV.gl_agents.presence.A" in publisher.went, 20)


async def test_who_watches_agents_and_fails_blinds_nobody(nats_server):
    seen = []
    async with agents(nats_server.url, "A") as (a,):
        a.directory.watch(lambda _: 1 / 0)
        a.directory.watch(lambda presence: seen.append((presence.agent_id, presence.online)))
        async with agents(nats_server.url, "B"):
            await eventually(lambda: ("B", True) in seen, 20)
        await eventually(lambda: ("B", False) in seen, 20)
