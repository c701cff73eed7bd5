"""The one who asked: follows a collaboration in the stream, ends it in time, and tells the result."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import structlog

from integrations.bus import COLLAB, Bus, Follower, Outgoing, Publisher, PublishRefusedError, Stored
from integrations.messages import (
    CollaborationInvitation,
    CollaborationResult,
    CollaborationStep,
    Header,
    collaboration_subject,
    collaboration_subjects,
    encode,
)

from .machine import Collaboration
from .phases import Phase
from .record import Entry, Record, read_record
from .wire import result_of

log = structlog.get_logger(__name__)

GRACE_SECONDS = 0.5
"""How long what was stored in time may still be on its way when a deadline is over."""
SECOND_NS = 1_000_000_000
BALLOT, RESULT, REFUSED = "collaboration_ballot", "collaboration_result", "collaboration_refused"
"""Actions of the notifications that participants get."""

Tell = Callable[[str, dict[str, Any]], Awaitable[None]]
"""Sends a notification to an agent; fails in silence where it cannot be sent."""


class Leader:
    """Leads one collaboration to its end, from its invitation in the stream on, or from wherever it is."""

    def __init__(
        self,
        bus: Bus,
        publisher: Publisher,
        collaboration_id: str,
        tell: Tell,
        *,
        sequence: int = 1,
        is_new: bool = False,
    ) -> None:
        self.record = Record(collaboration_id)
        self._bus = bus
        self._publisher = publisher
        self._start = sequence
        self._is_new = is_new
        self._tell = tell
        self._lost: dict[str, str] = {}
        self._moved = asyncio.Event()
        self._ahead_ns = 0
        self._balloted = False

    def lose(self, agent_id: str, reason: str) -> None:
        """Note that an agent need not be waited for; it counts again when it is heard."""
        self._lost[agent_id] = reason
        self._moved.set()

    async def lead(self) -> CollaborationResult:
        """Return the result, once it is in the stream."""
        subject = collaboration_subjects(self.record.collaboration_id)
        async with Follower(self._bus, COLLAB, subject, start_sequence=self._start) as follower:
            reading = asyncio.create_task(self._read(follower), name="reader of a collaboration")
            reading.add_done_callback(lambda _: self._moved.set())
            try:
                while self.record.result is None:
                    await self._wait(reading)
                    await self._look()
                return self.record.result
            finally:
                reading.cancel()
                await asyncio.wait([reading])

    async def _read(self, follower: Follower) -> None:
        async for chunk in follower.chunks():
            for message in chunk:
                await self._take(message)
            self._moved.set()

    async def _take(self, message: Stored) -> None:
        if self._is_new and not self.record.sequence:
            self._ahead_ns = message.time_ns - time.time_ns()
        entry = self.record.take(
            message.subject, message.data, message.headers, message.time_ns, message.sequence
        )
        if entry is not None and entry.refused:
            await self._tell_refusal(entry)

    async def _wait(self, reading: asyncio.Task[None]) -> None:
        """Return when something has moved, or a deadline is over."""
        machine = self.record.machine
        deadline = machine.next_deadline_ns() if machine else None
        seconds = None
        if deadline is not None:
            seconds = max(0.0, (deadline - self._now_ns()) / SECOND_NS + GRACE_SECONDS)
        if reading.done():
            await reading
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._moved.wait()
        self._moved.clear()

    async def _look(self) -> None:
        machine, invitation = self.record.machine, self.record.invitation
        if machine is None or invitation is None or self.record.result is not None:
            return
        machine.pass_time(self._now_ns() - round(GRACE_SECONDS * SECOND_NS))
        for agent_id, reason in self._lost.items():
            machine.lose(agent_id, reason)
        self._lost.clear()
        if machine.phase is Phase.SCORED and not self._balloted:
            self._balloted = True
            await self._tell_ballot(machine)
        if machine.ended:
            await self._publish(machine)

    async def _publish(self, machine: Collaboration) -> None:
        """Store the result and tell it to all, unless there is one already: we shall read that."""
        result = result_of(machine, machine.decision())
        if await publish_result(self._bus, self._publisher, result):
            self.record.result = result
            await self._tell_all(machine.terms.participants, result)

    async def _tell_all(self, participants: Iterable[str], result: CollaborationResult) -> None:
        payload = {"action": RESULT, "result": result}
        await asyncio.gather(*(self._tell(agent_id, payload) for agent_id in participants))

    async def _tell_ballot(self, machine: Collaboration) -> None:
        scores = {one.proposal_id: one.score for one in machine.decision().scores}
        proposals = {
            each.proposal_id: {
                "agent_id": agent,
                "score": scores[each.proposal_id],
                "proposal": dict(each.values),
            }
            for agent, each in machine.proposals.items()
        }
        payload = {
            "action": BALLOT,
            "collaboration_id": machine.terms.collaboration_id,
            "proposals": proposals,
        }
        await asyncio.gather(*(self._tell(agent_id, payload) for agent_id in machine.terms.participants))

    async def _tell_refusal(self, entry: Entry) -> None:
        agent_id = getattr(entry.step, "agent_id", None)
        log.info("step of a collaboration refused", reason=entry.refused)
        if agent_id is not None:
            about = {"collaboration_id": self.record.collaboration_id, "reason": entry.refused}
            await self._tell(agent_id, {"action": REFUSED, **about})

    def _now_ns(self) -> int:
        """Return the time by the stream's clock, as far as we know it."""
        return time.time_ns() + self._ahead_ns


async def publish_result(bus: Bus, publisher: Publisher, result: CollaborationResult) -> bool:
    """Store a result; False where the collaboration has one already, perhaps of somebody else's."""
    subject = collaboration_subject(CollaborationStep.RESULT, result.collaboration_id)
    headers = {Header.EXPECTED_SEQUENCE.value: "0"}
    try:
        (ack,) = await publisher.publish_all(
            [Outgoing(subject, encode(result), headers, f"collab-{uuid.uuid4().hex}")]
        )
    except PublishRefusedError as error:
        log.info("a result was not stored", reason=str(error))
        return False
    record = await read_record(bus, result.collaboration_id, ack.seq)
    return not record.refusal(ack.seq)


def invitation_message(invitation: CollaborationInvitation) -> Outgoing:
    """Return the message that begins a collaboration."""
    subject = collaboration_subject(CollaborationStep.INVITATION, invitation.collaboration_id)
    headers = {Header.EXPECTED_SEQUENCE.value: "0"}
    return Outgoing(subject, encode(invitation), headers, f"collab-{invitation.collaboration_id}")
