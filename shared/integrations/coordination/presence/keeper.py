"""An agent shows that it is there: its profile once, its heartbeat for as long as it lives."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import structlog

from integrations.bus import (
    AGENT_BUCKET,
    BusClosedError,
    BusEvent,
    BusEventKind,
    Latest,
    PublishRefusedError,
)
from integrations.coordination.link import Link
from integrations.messages import AgentHeartbeat, AgentProfile, Header, encode, heartbeat_subject

from .directory import HEARTBEAT_SECONDS, OFFLINE_SECONDS, PRESENCE, PROFILE

log = structlog.get_logger(__name__)

LEAVE_SECONDS = 2.0


class PresenceKeeper:
    """Puts an agent's profile into gl_agents and renews its presence there.

    `profile` is asked anew each time: load and score are in it.
    """

    def __init__(
        self,
        link: Link,
        profile: Callable[[], AgentProfile],
        *,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        offline_seconds: float = OFFLINE_SECONDS,
    ) -> None:
        self._link = link
        self._bucket = Latest(link.bus, AGENT_BUCKET)
        self._profile = profile
        self._heartbeat_seconds = heartbeat_seconds
        self._ttl = f"{max(1, math.ceil(offline_seconds))}s"
        self._soon = asyncio.Event()
        self._since = datetime.now(UTC)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Be there while entered; others hear at once of the coming and of the going."""
        await self.announce()
        await self._beat()
        unobserve = self._link.bus.observe(self._on_bus_event)
        beating = asyncio.create_task(self._beat_on(), name="heartbeat")
        try:
            yield
        finally:
            unobserve()
            beating.cancel()
            await asyncio.wait([beating])
            await self._leave()

    async def announce(self) -> None:
        """Put the profile as it is now; call it when role or capabilities have changed."""
        profile = self._profile()
        message = self._bucket.outgoing(f"{PROFILE}.{profile.agent_id}", encode(profile))
        await self._link.publisher.publish_all([message])

    def show_soon(self) -> None:
        """Have the others see what has changed, without waiting for it."""
        self._soon.set()

    async def _beat_on(self) -> None:
        while True:
            try:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._heartbeat_seconds):
                        await self._soon.wait()
                        self._soon.clear()
                        await self.announce()  # perhaps on another server, which knows nobody
                await self._beat()
            except PublishRefusedError as error:
                log.warning("cannot be seen to be there", agent=self._profile().agent_id, reason=str(error))

    async def _beat(self) -> None:
        profile = self._profile()
        body = encode(
            AgentHeartbeat(
                profile.agent_id,
                datetime.now(UTC),
                profile.status,
                self._since,
                profile.performance_score,
                profile.current_load,
                profile.max_load,
            )
        )
        if self._link.bus.connected:
            await self._link.bus.client.publish(heartbeat_subject(profile.agent_id), body)
        await self._put(body, {Header.TTL.value: self._ttl})

    async def _leave(self) -> None:
        with contextlib.suppress(TimeoutError, BusClosedError):
            async with asyncio.timeout(LEAVE_SECONDS):
                await self._put(b"", {Header.KV_OPERATION.value: "DEL", Header.TTL.value: self._ttl})

    async def _put(self, body: bytes, headers: dict[str, str]) -> None:
        key = f"{PRESENCE}.{self._profile().agent_id}"
        await self._link.publisher.publish_all([self._bucket.outgoing(key, body, headers)])

    def _on_bus_event(self, event: BusEvent) -> None:
        if event.kind is BusEventKind.RECONNECTED:
            self.show_soon()
