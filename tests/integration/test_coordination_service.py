"""The coordination service: how it starts, what it answers, and how it ends."""

from fakes.site import document, eventually, running
from integrations.bus import AGENTS, TASKS


async def test_it_makes_the_streams_of_agents_and_ends_well(bus):
    async def made():
        return {AGENTS, TASKS, "KV_gl_agents"} <= set((await bus.api("STREAM.NAMES"))["streams"] or ())

    async with running("coordination", document(bus.url)):
        await eventually(made)
