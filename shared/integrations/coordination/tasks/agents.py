"""The agents as a scheduler sees them: the bucket gl_agents, followed into a roster."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import msgspec
import structlog

from integrations.bus import AGENT_BUCKET, Received
from integrations.coordination.presence.directory import PRESENCE, PROFILE
from integrations.messages import AgentHeartbeat, AgentProfile, Header, MessageError, WorkerSign, decode

from .roster import Roster

log = structlog.get_logger(__name__)

WORKER = "worker"
"""Begins the key under which each life of an agent that does tasks says that it goes on."""
_BEATEN = ("performance_score", "current_load", "max_load")
"""What a heartbeat says anew of an agent."""
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
        self._signs: defaultdict[str, dict[str, WorkerSign]] = defaultdict(dict)

    def clear(self) -> None:
        """Forget everybody."""
        for agent_id in self._profiles:
            self._roster.remove(agent_id)
        for known in (self._profiles, self._beats, self._signs, self.workers):
            known.clear()

    def take(self, message: Received) -> None:
        """Take a message of the bucket in; one without a body says that somebody is gone."""
        kind, _, name = message.subject.removeprefix(PREFIX).partition(".")
        try:
            if kind == PROFILE:
                self._take_profile(name, message)
            elif kind == PRESENCE:
                self._take_presence(name, message)
            elif kind == WORKER:
                self._take_worker(name, message)
        except MessageError as error:
            log.warning("entry of an agent cannot be read", key=message.subject, reason=str(error))

    def _take_profile(self, agent_id: str, message: Received) -> None:
        if message.data:
            profile = decode(message.data, AgentProfile, message.headers.get(Header.CONTENT_TYPE))
            if profile.agent_id != agent_id:  # each may write under its own key only, and say anything there
                raise MessageError(f"agent_id must be {agent_id}, got {profile.agent_id}")
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

    def _take_worker(self, name: str, message: Received) -> None:
        agent_id, _, life = name.rpartition(".")
        if message.data:
            self._signs[agent_id][life] = decode(
                message.data, WorkerSign, message.headers.get(Header.CONTENT_TYPE)
            )
            self.workers.add(life)
        else:
            self._signs[agent_id].pop(life, None)
            self.workers.discard(life)
        self._note(agent_id)
        self._moved()

    def _note(self, agent_id: str) -> None:
        profile, beat = self._profiles.get(agent_id), self._beats.get(agent_id)
        if profile is None:
            return
        changes: dict[str, Any] = {}
        if beat is not None:
            changes = {name: getattr(beat, name) for name in _BEATEN}
        if signs := self._signs[agent_id].values():
            # an agent in another language may give none: what it can do counts as what it does
            does = {task_type for sign in signs for task_type in sign.task_types}
            changes["capabilities"] = [one for one in profile.capabilities if one.capability_name in does]
        self._roster.note(msgspec.structs.replace(profile, **changes), online=beat is not None)
        self._moved()
