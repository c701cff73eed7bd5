"""Collaborations whose leader went away for good: ended when their time is over, by the service."""

import asyncio
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import structlog

from integrations.bus import JetStreamError, JetStreamUnavailableError
from integrations.coordination import CoordinationError
from integrations.coordination.collaboration.leading import RESULT, publish_result
from integrations.coordination.collaboration.record import open_collaborations, read_record
from integrations.coordination.collaboration.wire import result_of
from integrations.messages import (
    AgentMessage,
    CollaborationResult,
    MessageError,
    MessagePriority,
    MessageType,
)
from integrations.runtime.coordination.parts import SERVICE, Part

LOOK_SECONDS = 10.0
PATIENCE_NS = 30_000_000_000
"""How long after its end a collaboration is its leader's to conclude."""

log = structlog.get_logger(__name__)


class Concluding(Part):
    """Ends what nobody ends; of several replicas one result is kept, and the one that stored it tells it."""

    concluded = 0
    trouble = ""

    async def work(self) -> None:
        """Look for ever."""
        ends: dict[str, int] = {}
        while True:
            try:
                ends = await self._look(ends)
                self.trouble = ""
            except (JetStreamError, JetStreamUnavailableError) as error:
                self.trouble = f"collaborations cannot be looked at: {error}"
            await asyncio.sleep(LOOK_SECONDS)

    def counts(self) -> Mapping[str, int | float]:
        """Return how many were ended here."""
        return {"collaborations_concluded": self.concluded}

    def troubles(self) -> Sequence[str]:
        """Return why they cannot be looked at, if so."""
        return [self.trouble] if self.trouble else []

    async def _look(self, known: Mapping[str, int]) -> dict[str, int]:
        """End what is over; return when each of those that are open has to be looked at."""
        ends = {}
        for collaboration_id in await open_collaborations(self.desk.bus):
            ends[collaboration_id] = known.get(collaboration_id, 0)
            if time.time_ns() >= ends[collaboration_id] + PATIENCE_NS:
                ends[collaboration_id] = await self._conclude(collaboration_id)
        return ends

    async def _conclude(self, collaboration_id: str) -> int:
        """End a collaboration if it is over; return when it will be."""
        record = await read_record(self.desk.bus, collaboration_id)
        machine = record.machine
        if machine is None or time.time_ns() < machine.terms.ends_ns + PATIENCE_NS:
            return machine.terms.ends_ns if machine else time.time_ns()
        machine.pass_time(machine.terms.ends_ns)
        result = result_of(machine, machine.decision())
        if await publish_result(self.desk.bus, self.desk.publisher, result):
            self.concluded += 1
            log.info("a collaboration was concluded: its leader is away", collaboration=collaboration_id)
            for agent_id in (machine.terms.initiator, *machine.terms.participants):
                await self._tell(agent_id, result)
        return time.time_ns()

    async def _tell(self, agent_id: str, result: CollaborationResult) -> None:
        message = AgentMessage(
            message_id=uuid.uuid4().hex,
            sender_id=SERVICE,
            recipient_id=agent_id,
            message_type=MessageType.NOTIFICATION,
            priority=MessagePriority.NORMAL,
            timestamp=datetime.now(UTC),
            payload={"action": RESULT, "result": result},
        )
        try:
            await self.desk.agents.publish(message)
        except (CoordinationError, MessageError) as error:
            log.warning("a collaboration could not be told", agent=agent_id, reason=str(error))
