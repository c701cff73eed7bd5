"""Who there is: told as events when it changes, answered when asked."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from integrations.bus import Endpoint, Request
from integrations.coordination import Presence
from integrations.messages import AgentList, Severity
from integrations.runtime.coordination.parts import Desk, Part
from integrations.runtime.endpoints import endpoint

OLD_NEWS = timedelta(seconds=90)
"""An agent that has been there for longer did not come, we did."""


class Registry(Part):
    """Tells events agent_online and agent_offline, once however many replicas see it; endpoint `agents`."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._came = self._went = 0

    async def work(self) -> None:
        """Watch until cancelled."""
        end = self.desk.agents.directory.watch(self._on_presence)
        try:
            await asyncio.Event().wait()
        finally:
            end()

    def endpoints(self) -> Sequence[Endpoint]:
        """Return the endpoint `agents`."""
        return [endpoint("agents", self._agents, AgentList)]

    def counts(self) -> Mapping[str, int | float]:
        """Return how many agents there are, and how often one came and went."""
        directory = self.desk.agents.directory
        return {
            "agents_known": len(directory.agents()),
            "agents_online": len(directory.online()),
            "agents_came": self._came,
            "agents_went": self._went,
        }

    async def _agents(self, _: Request) -> AgentList:
        return AgentList(self.desk.agents.directory.agents())

    def _on_presence(self, presence: Presence) -> None:
        if presence.online:
            self._came += 1
            self._tell_came(presence)
        else:
            self._went += 1
            self._tell_went(presence)

    def _tell_came(self, presence: Presence) -> None:
        since = presence.heartbeat.since if presence.heartbeat else None
        if since is None or datetime.now(UTC) - since > OLD_NEWS:
            return
        once = f"online-{presence.agent_id}-{since.timestamp():.6f}"
        text = f"{presence.agent_id} is there"
        self.desk.events.tell_once(once, presence.agent_id, "agent_online", text, Severity.INFO)

    def _tell_went(self, presence: Presence) -> None:
        last = presence.heartbeat.timestamp if presence.heartbeat else None
        once = f"offline-{presence.agent_id}-{last.timestamp() if last else 0:.6f}"
        heard = last.isoformat(timespec="seconds") if last else "never"
        text = f"{presence.agent_id} is gone; last heard {heard}"
        self.desk.events.tell_once(
            once, presence.agent_id, "agent_offline", text, Severity.WARNING, last_heard=heard
        )
