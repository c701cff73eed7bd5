"""Who there is: the bucket gl_agents, looked at all the time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import msgspec
import structlog

from integrations.bus import (
    AGENT_BUCKET,
    Bus,
    BusClosedError,
    JetStreamError,
    JetStreamUnavailableError,
    Latest,
    last_per_subject,
)
from integrations.messages import AgentHeartbeat, AgentProfile, Header, MessageError, decode

from .known import KNOWN_AGENTS

log = structlog.get_logger(__name__)

PROFILE, PRESENCE = "profile", "presence"
HEARTBEAT_SECONDS = 30.0
OFFLINE_SECONDS = 60.0
OFFLINE = "offline"
AGAIN_SECONDS = 0.5


@dataclass(frozen=True)
class Presence:
    """An agent came or went."""

    agent_id: str
    online: bool
    profile: AgentProfile | None
    heartbeat: AgentHeartbeat | None
    """The last one."""


Watcher = Callable[[Presence], None]


class Directory:
    """Profiles and presence of all agents; an agent not heard of for `offline_seconds` is offline."""

    def __init__(self, bus: Bus, *, offline_seconds: float = OFFLINE_SECONDS) -> None:
        self._bus = bus
        self._bucket = Latest(bus, AGENT_BUCKET)
        self._offline_seconds = offline_seconds
        self._profiles: dict[str, AgentProfile] = {}
        self._heartbeats: dict[str, AgentHeartbeat] = {}
        self._heard: dict[str, float] = {}
        self._watchers: list[Watcher] = []

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Keep it up to date while entered."""
        async with asyncio.TaskGroup() as group:
            with contextlib.suppress(JetStreamError, JetStreamUnavailableError):
                await self.look()
            tasks = [
                group.create_task(self._follow(), name="directory"),
                group.create_task(self._miss(), name="directory of the missing"),
            ]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()

    async def look(self) -> None:
        """Take in all that the bucket has now; raises JetStreamError where there is no bucket."""
        prefix = f"$KV.{AGENT_BUCKET}."
        async for stored in last_per_subject(self._bus, f"KV_{AGENT_BUCKET}", f"{prefix}>"):
            self._take(stored.subject.removeprefix(prefix), stored.data, stored.headers)

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher` whenever an agent comes or goes; returns what ends it."""
        self._watchers.append(watcher)

        def end() -> None:
            if watcher in self._watchers:
                self._watchers.remove(watcher)

        return end

    def agents(self) -> list[AgentProfile]:
        """Return every agent that ever registered, as it is now, by id."""
        return [self._as_now(agent_id) for agent_id in sorted(self._profiles)]

    def online(self) -> set[str]:
        """Return the ids of those that are there."""
        return set(self._heard)

    def is_online(self, agent_id: str) -> bool:
        """Whether an agent is there."""
        return agent_id in self._heard

    def find(self, agent_id: str) -> AgentProfile | None:
        """Return an agent's profile, as it is now."""
        return self._as_now(agent_id) if agent_id in self._profiles else None

    async def knows(self, agent_id: str) -> bool:
        """Whether mail for it makes sense: it is one of the plant's, or has registered."""
        if agent_id in KNOWN_AGENTS or agent_id in self._profiles:
            return True
        found = await self._bucket.get(f"{PROFILE}.{agent_id}")  # it may have come this moment
        return found is not None and bool(found.data)

    def _as_now(self, agent_id: str) -> AgentProfile:
        profile, beat = self._profiles[agent_id], self._heartbeats.get(agent_id)
        if beat is not None:
            profile = msgspec.structs.replace(
                profile,
                status=beat.status,
                last_heartbeat=beat.timestamp,
                performance_score=beat.performance_score,
                current_load=beat.current_load,
                max_load=beat.max_load,
            )
        if agent_id not in self._heard:
            profile = msgspec.structs.replace(profile, status=OFFLINE)
        return profile

    async def _follow(self) -> None:
        told = ""
        while True:
            try:
                async for value in self._bucket.watch():
                    self._take(value.key, value.data, value.headers)
            except BusClosedError:
                return
            except (JetStreamError, JetStreamUnavailableError) as error:
                if str(error) != told:
                    log.warning("directory of agents waits", reason=str(error))
                told = str(error)
            await asyncio.sleep(AGAIN_SECONDS)

    def _take(self, key: str, data: bytes, headers: dict[str, str]) -> None:
        kind, _, agent_id = key.partition(".")
        gone = not data
        try:
            if kind == PROFILE and gone:
                self._profiles.pop(agent_id, None)
            elif kind == PROFILE:
                self._profiles[agent_id] = decode(data, AgentProfile, headers.get(Header.CONTENT_TYPE))
            elif kind == PRESENCE and gone:
                self._went(agent_id)
            elif kind == PRESENCE:
                self._heartbeats[agent_id] = decode(data, AgentHeartbeat, headers.get(Header.CONTENT_TYPE))
                self._came(agent_id)
        except MessageError as error:
            log.warning("entry of an agent cannot be read", key=key, reason=str(error))

    def _came(self, agent_id: str) -> None:
        is_new = agent_id not in self._heard
        self._heard[agent_id] = asyncio.get_running_loop().time()
        if is_new:
            self._tell(agent_id, online=True)

    def _went(self, agent_id: str) -> None:
        if self._heard.pop(agent_id, None) is not None:
            self._tell(agent_id, online=False)

    def _tell(self, agent_id: str, *, online: bool) -> None:
        presence = Presence(agent_id, online, self.find(agent_id), self._heartbeats.get(agent_id))
        for watcher in tuple(self._watchers):
            try:
                watcher(presence)
            except Exception:  # who is there has to be known to the others all the same
                log.exception("a watcher of agents failed", agent=agent_id)

    async def _miss(self) -> None:
        """Count as gone whoever is not heard any more; who is away from the bus hears nobody, and waits."""
        while True:
            await asyncio.sleep(self._offline_seconds / 20)
            now = asyncio.get_running_loop().time()
            if not self._bus.connected:
                self._heard = dict.fromkeys(self._heard, now)
            for agent_id in [one for one, at in self._heard.items() if now - at > self._offline_seconds]:
                self._went(agent_id)
