"""The agent GL-003: its handlers, its profile, its reports; a part of the coordination service."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from integrations.coordination import AgentCoordinator, AgentSettings, StateManager
from integrations.messages import (
    ANALYZER_ACTIONS,
    AgentCapability,
    AgentMessage,
    AgentRole,
    MessageType,
    Severity,
    SubscribeRequest,
)
from integrations.runtime.coordination.gl003.answers import SHORT, Answers, arguments
from integrations.runtime.coordination.gl003.errors import NoAnswerError
from integrations.runtime.coordination.gl003.inferred import steam_system
from integrations.runtime.coordination.gl003.last_readings import LastReadings
from integrations.runtime.coordination.gl003.reporting import Reporting
from integrations.runtime.coordination.gl003.subscriptions import Subscriptions
from integrations.runtime.coordination.parts import Desk, Part

SUBSCRIBE, WRITE = "subscribe_readings", "write_tag"
WRITTEN = "tag_write"
"""Kind of the events of writes, as acquisition services tell them."""
LONGEST = 200
TOGETHER = 16
"""Messages that are worked on at a time: a device may take its time."""


class GL003(Part):
    """Answers every action of ANALYZER_ACTIONS, and reports. Replicas share the mailbox."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._config = steam_system(desk.plant)
        self._readings = LastReadings(desk.bus, desk.plant.site)
        self._answers = Answers(desk.bus, desk.plant, self._config, self._readings)
        self._subscriptions = Subscriptions(desk.plant.site, self._readings)
        self._reporting = Reporting(desk.plant.site, self._config, self._answers.report)
        self._state = StateManager(desk.agents)
        self._answered = self._unanswered = 0

    async def work(self) -> None:
        """Be GL-003 until cancelled."""
        settings = AgentSettings(version=self.desk.identity.version, concurrency=TOGETHER)
        agent = AgentCoordinator(
            self._config.agent_id,
            AgentRole.HEAT_RECOVERY,
            bus=self.desk.agents,
            capabilities=capabilities(),
            settings=settings,
        )
        for action in (*self._answers.actions, SUBSCRIBE):
            for kind in (MessageType.REQUEST, MessageType.COMMAND):
                agent.register_handler(kind, action, self._handle)
        async with asyncio.TaskGroup() as group:
            following = group.create_task(self._readings.follow(), name="last readings")
            try:
                async with self._state, agent, asyncio.TaskGroup() as working:
                    notifying = self._subscriptions.work(self._state, agent)
                    working.create_task(notifying, name="notifications")
                    working.create_task(self._reporting.work(agent), name="reports")
            finally:
                following.cancel()

    def counts(self) -> Mapping[str, int | float]:
        """Return what was asked and sent."""
        return {
            "gl003_answered": self._answered,
            "gl003_unanswered": self._unanswered,
            "gl003_reports": self._reporting.sent,
            "gl003_notifications": self._subscriptions.sent,
            "gl003_sensors": len(self._readings),
        }

    async def _handle(self, message: AgentMessage) -> dict[str, Any]:
        """Answer a request; what cannot be answered raises, and is told to its sender."""
        try:
            answer = await self._answer(message)
        except Exception as error:
            self._unanswered += 1
            self._tell_of_write(message, error)
            raise
        self._answered += 1
        found: dict[str, Any] = msgspec.to_builtins(answer)
        return found

    def _tell_of_write(self, message: AgentMessage, error: Exception) -> None:
        """Tell of a try to write that came to no device: nobody else does."""
        asked = message.payload
        if asked["action"] != WRITE or (isinstance(error, NoAnswerError) and error.told):
            return
        tag, device_id = (str(asked.get(name, ""))[:LONGEST] for name in ("tag", "device_id"))
        caller, reason = message.sender_id, str(error)[:LONGEST]
        text = f"{caller} writes to {tag}: refused: {reason}"
        about = self._config.agent_id, WRITTEN, text, Severity.WARNING
        self.desk.events.tell(
            *about, caller=caller, tag=tag, device_id=device_id, written=False, reason=reason
        )

    async def _answer(self, message: AgentMessage) -> msgspec.Struct:
        action, payload = str(message.payload["action"]), message.payload
        if action != SUBSCRIBE:
            return await self._answers.answer(action, payload, message.sender_id)
        asked: SubscribeRequest = arguments(action, payload)
        return await self._subscriptions.subscribe(
            self._state, self._config.agent_id, asked, message.sender_id
        )


def capabilities() -> list[AgentCapability]:
    """Return what GL-003 offers: its actions, each with the names of its arguments."""
    short = {action: name for name, action in SHORT.items()}
    return [
        AgentCapability(
            action,
            f"{summary} (also: {short[action]})" if action in short else summary,
            {"arguments": list(request.__struct_fields__), "request": request.__name__},
            {},
            max_concurrent_tasks=TOGETHER,
        )
        for action, summary, request, _ in ANALYZER_ACTIONS
    ]
