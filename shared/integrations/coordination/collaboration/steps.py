"""Steps of an agent in collaborations of others: stored in the stream, and told whether they count."""

import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import structlog

from integrations.bus import Bus, Outgoing, Publisher, PublishRefusedError
from integrations.configuration import ConfigurationError
from integrations.messages import (
    CollaborationAnswer,
    CollaborationProposal,
    CollaborationStep,
    CollaborationVote,
    MessageError,
    collaboration_subject,
    encode,
)

from .errors import CollaborationError, StepRefusedError
from .record import read_record
from .wire import take

log = structlog.get_logger(__name__)

OwnStep = CollaborationAnswer | CollaborationProposal | CollaborationVote


class Steps:
    """Makes the steps of any agent; each raises StepRefusedError where the collaboration does not take it."""

    def __init__(self, bus: Bus, publisher: Publisher) -> None:
        self._bus = bus
        self._publisher = publisher

    async def answer(self, collaboration_id: str, agent_id: str, *, accepted: bool, reason: str = "") -> None:
        """Accept an invitation, or decline it."""
        about = {**_about(collaboration_id, agent_id), "accepted": accepted, "reason": reason}
        await self._step(CollaborationStep.ANSWER, CollaborationAnswer, **about)

    async def propose(self, collaboration_id: str, agent_id: str, proposal: Mapping[str, Any]) -> str:
        """Propose; returns the id of the proposal."""
        proposal_id = uuid.uuid4().hex
        about = _about(collaboration_id, agent_id)
        await self._step(
            CollaborationStep.PROPOSAL,
            CollaborationProposal,
            proposal_id=proposal_id,
            proposal=dict(proposal),
            **about,
        )
        return proposal_id

    async def vote(
        self, collaboration_id: str, agent_id: str, proposal_id: str, *, approve: bool, reason: str = ""
    ) -> None:
        """Say whether a proposal is approved of."""
        about = {**_about(collaboration_id, agent_id), "proposal_id": proposal_id}
        await self._step(CollaborationStep.VOTE, CollaborationVote, approve=approve, reason=reason, **about)

    async def _step(self, step: CollaborationStep, cls: type[OwnStep], **fields: Any) -> None:
        """Store a step that would be taken now, and look whether it was."""
        try:
            message = cls(**fields)
            subject = collaboration_subject(step, message.collaboration_id)
        except (ConfigurationError, MessageError) as error:
            raise StepRefusedError(str(error)) from error
        record = await read_record(self._bus, message.collaboration_id)
        if record.machine is None:
            raise StepRefusedError(f"there is no collaboration {message.collaboration_id}")
        if record.result is not None:
            raise StepRefusedError(f"{step} of {message.agent_id} refused: the collaboration has ended")
        take(record.machine, message, max(record.time_ns, time.time_ns()))
        outgoing = Outgoing(subject, encode(message), {}, f"collab-{uuid.uuid4().hex}")
        try:
            (ack,) = await self._publisher.publish_all([outgoing])
        except PublishRefusedError as error:
            raise CollaborationError(f"the bus does not take the {step}: {error}") from error
        record = await read_record(self._bus, message.collaboration_id, ack.seq)
        if refused := record.refusal(ack.seq):
            raise StepRefusedError(refused)


def _about(collaboration_id: str, agent_id: str) -> dict[str, Any]:
    return {
        "collaboration_id": collaboration_id,
        "agent_id": agent_id,
        "timestamp": datetime.now(UTC),
    }
