"""What an agent works with while it runs: presence, mailbox, answers and questions, put together."""

import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

from integrations.bus import BusEvent, BusEventKind, listening
from integrations.coordination.errors import SenderError
from integrations.coordination.mailbox.mailbox import Mailbox
from integrations.coordination.message_bus import MessageBus
from integrations.coordination.presence.keeper import PresenceKeeper
from integrations.coordination.presence.performance import Performance
from integrations.coordination.receiving.answering import Answering
from integrations.coordination.receiving.correspondence import Correspondence
from integrations.coordination.receiving.handlers import Handlers
from integrations.coordination.receiving.reception import Reception
from integrations.messages import AgentProfile, AgentRole, replies_subject

from .settings import AgentSettings

Extension = Callable[[], contextlib.AbstractAsyncContextManager[Any]]


class Workplace:
    """One agent's parts over a bus that runs; entered once."""

    def __init__(
        self,
        agent_id: str,
        role: AgentRole,
        bus: MessageBus,
        handlers: Handlers,
        performance: Performance,
        profile: Callable[[], AgentProfile],
        settings: AgentSettings,
    ) -> None:
        link, post = bus.link, bus.post
        self.correspondence = Correspondence(agent_id, handlers, performance, post)
        self.presence = PresenceKeeper(
            link,
            profile,
            heartbeat_seconds=settings.heartbeat_seconds,
            offline_seconds=settings.offline_seconds,
        )
        self._agent_id = agent_id
        self._bus, self._post = link.bus, post
        self._reception = Reception(agent_id, role.value, post, self.correspondence.deliver)
        self._answering = Answering(link.bus, agent_id, self._reception)
        self._mailbox = Mailbox(
            link.bus, agent_id, role.value, self._reception.work, concurrency=settings.concurrency
        )

    @property
    def busy(self) -> int:
        """How many messages are being worked on."""
        return self._mailbox.busy + self._answering.busy

    @property
    def counts(self) -> Counter[str]:
        """What became of messages."""
        return self.correspondence.counts + self._reception.counts

    @contextlib.asynccontextmanager
    async def open(self, extensions: Iterable[Extension]) -> AsyncIterator[None]:
        """Be there and work while entered; `extensions` are entered before the first mail is read."""
        async with contextlib.AsyncExitStack() as stack:
            await self._listen(stack)
            await stack.enter_async_context(self.presence.open())
            for extension in extensions:
                await stack.enter_async_context(extension())
            await stack.enter_async_context(self._mailbox.open())
            yield

    async def _listen(self, stack: contextlib.AsyncExitStack) -> None:
        """Listen to what comes past the streams, if the bus lets us."""
        denied: list[BusEvent] = []

        def on_event(event: BusEvent) -> None:
            if event.kind is BusEventKind.PERMISSION_DENIED:
                denied.append(event)

        unobserve = self._bus.observe(on_event)
        try:
            replies = listening(self._bus, replies_subject(self._agent_id), self.correspondence.on_reply)
            await stack.enter_async_context(replies)
            stack.enter_context(self._post.at_home(self._agent_id, self.correspondence.take))
            await stack.enter_async_context(self._answering.open())
            await self._bus.client.flush()
        finally:
            unobserve()
        if denied:
            raise SenderError(f"the bus does not let us be {self._agent_id}: {denied[0].text}")
