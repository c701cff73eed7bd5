"""The agents as a scheduler sees them: the bucket gl_agents, followed into a roster."""

from collections.abc import Callable

import msgspec
import structlog

from integrations.bus import AGENT_BUCKET, Received
from integrations.coordination.directory import PRESENCE, PROFILE
from integrations.messages import AgentHeartbeat, AgentProfile, Header, MessageError, decode

from .roster import Roster

log = structlog.get_logger(__name__)

WORKER = "worker"
"""Begins the key under which each life of an agent that does tasks says that it goes on."""
PREFIX = f"$KV.{AGENT_BUCKET}."


class Agents:
    """Takes profiles, heartbeats and signs of workers in; calls `moved` when that may change a decision."""

    def __init__(self, roster: Roster, moved: Callable[[], None]) -> None:
        self.workers: set[str] = set()
        """Lives of agents that go on."""
        self._roster = roster
        self._moved = moved
        self._profiles: dict[str, AgentProfile] = {}
        self._beats: dict[str, AgentHeartbeat] = {}

    def clear(self) -> None:
        """Forget everybody."""
        for agent_id in self._profiles:
            self._roster.remove(agent_id)
        self._profiles.clear()
        self._beats.clear()
        self.workers.clear()

    def take(self, message: Received) -> None:
        """Take a message of the bucket in; one without a body says that somebody is gone."""
        kind, _, name = message.subject.removeprefix(PREFIX).partition(".")
        try:
            if kind == PROFILE:
                self._take_profile(name, message)
            elif kind == PRESENCE:
                self._take_presence(name, message)
            elif kind == WORKER:
                self._take_worker(name.rpartition(".")[2], bool(message.data))
        except MessageError as error:
            log.warning("entry of an agent cannot be read", key=message.subject, reason=str(error))

    def _take_profile(self, agent_id: str, message: Received) -> None:
        if message.data:
            profile = decode(message.data, AgentProfile, message.headers.get(Header.CONTENT_TYPE))
            self._profiles[agent_id] = profile
            self._note(agent_id)
        elif self._profiles.pop(agent_id, None) is not None:
            self._roster.remove(agent_id)

    def _take_presence(self, agent_id: str, message: Received) -> None:
        if message.data:
            beat = decode(message.data, AgentHeartbeat, message.headers.get(Header.CONTENT_TYPE))
            self._beats[agent_id] = beat
        else:
            self._beats.pop(agent_id, None)
        self._note(agent_id)

    def _take_worker(self, life: str, goes_on: bool) -> None:
        (self.workers.add if goes_on else self.workers.discard)(life)
        self._moved()

    def _note(self, agent_id: str) -> None:
        profile, beat = self._profiles.get(agent_id), self._beats.get(agent_id)
        if profile is None:
            return
        if beat is not None:
            profile = msgspec.structs.replace(
                profile,
                performance_score=beat.performance_score,
                current_load=beat.current_load,
                max_load=beat.max_load,
            )
        self._roster.note(profile, online=beat is not None)
        self._moved()
