"""Agents that talk over a real bus, and what they hear."""

import asyncio
import contextlib

from integrations import AgentCoordinator, AgentRole, MessageBus
from integrations.bus import BusSettings, agent_stream_configs, ensure_streams, replay
from integrations.bus import StreamSettings as Streams
from integrations.coordination import AgentSettings

SOON = AgentSettings(heartbeat_seconds=0.5, offline_seconds=2.0)


async def make_streams(bus, mebibytes=256):
    settings = Streams(storage_bytes=mebibytes * 1024 * 1024)
    await ensure_streams(bus, agent_stream_configs(settings), attempts=3)


def agent(url, agent_id, role=AgentRole.ANALYTICS, settings=SOON, **more):
    """Return an agent with a connection of its own, as in a program of its own."""
    bus = MessageBus(BusSettings(url=url), name=agent_id, offline_seconds=settings.offline_seconds)
    return AgentCoordinator(agent_id, role, bus=bus, settings=settings, **more)


@contextlib.asynccontextmanager
async def agents(url, *ids, **more):
    """Start agents; their own buses end with them."""
    made = [agent(url, agent_id, **more) for agent_id in ids]
    async with contextlib.AsyncExitStack() as stack:
        for each in made:
            stack.push_async_callback(each.bus.stop)
            await stack.enter_async_context(each)
        yield made


class Heard:
    """A handler that remembers what it was given, and waits where it is told to."""

    def __init__(self, answer=None, hold=False):
        self.messages = []
        self.go = asyncio.Event()
        self.answer = answer
        if not hold:
            self.go.set()

    async def __call__(self, message):
        self.messages.append(message)
        await self.go.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    @property
    def priorities(self):
        return [message.priority.value for message in self.messages]


async def dead_letters(bus, site="plant1"):
    return [stored async for stored in replay(bus, "DEAD", f"gl.{site}.dead.*")]
