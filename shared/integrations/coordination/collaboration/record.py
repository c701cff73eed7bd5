"""One collaboration as the stream COLLAB has it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from integrations.bus import (
    COLLAB,
    Bus,
    JetStreamError,
    JetStreamUnavailableError,
    last_per_subject,
    replay,
    subjects_of,
)
from integrations.coordination.letters.vouching import forged
from integrations.messages import (
    CollaborationInvitation,
    CollaborationOutcome,
    CollaborationResult,
    CollaborationStep,
    MessageError,
    collaboration_subjects,
    collaborations_subjects,
    sender_of_subject,
)

from .errors import StepRefusedError, TermsError
from .machine import Collaboration
from .phases import Phase
from .wire import Step, read_step, take, terms_of

RETRY_SECONDS = 1.0
_DECIDED = (CollaborationOutcome.CONSENSUS, CollaborationOutcome.NO_CONSENSUS)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """A step with when it was stored, and why it was not taken, if so."""

    step: Step
    at_ns: int
    sequence: int
    refused: str = ""


@dataclass
class Record:
    """The history of a collaboration, and where it leads."""

    collaboration_id: str
    invitation: CollaborationInvitation | None = None
    machine: Collaboration | None = None
    result: CollaborationResult | None = None
    entries: list[Entry] = field(default_factory=list)
    sequence: int = 0
    """Of the last message in the stream, taken or not."""
    time_ns: int = 0
    """When that was stored."""

    @property
    def phase(self) -> Phase:
        """Where it stands: ended is what has a result in the stream."""
        if self.result is not None:
            return Phase.PUBLISHED if self.result.outcome in _DECIDED else Phase.FAILED
        return self.machine.phase if self.machine else Phase.INVITED

    def refusal(self, sequence: int) -> str:
        """Return why the step of that sequence was not taken; nothing where it was, or is not known."""
        return next((one.refused for one in self.entries if one.sequence == sequence), "")

    def take(
        self, subject: str, data: bytes, headers: Mapping[str, str], at_ns: int, sequence: int
    ) -> Entry | None:
        """Take the next message; returns it as a step, or None where it is none."""
        self.sequence, self.time_ns = sequence, at_ns
        try:
            step = read_step(subject, data, headers)
        except MessageError as error:
            log.warning("step of a collaboration cannot be read", subject=subject, reason=str(error))
            return None
        refused = self._forged(step, subject) or self._taken(step, at_ns)
        entry = Entry(step, at_ns, sequence, refused)
        self.entries.append(entry)
        return entry

    def _forged(self, step: Step, subject: str) -> str:
        """Return why a step is not from whom it says, or a result not from who began."""
        if isinstance(step, CollaborationInvitation):
            return forged(step.initiator_id, subject)
        if isinstance(step, CollaborationResult):
            return forged(self.invitation.initiator_id, subject) if self.invitation else ""
        return forged(step.agent_id, subject)

    def _taken(self, step: Step, at_ns: int) -> str:
        """Let the step take effect; return why it does not."""
        if self.result is not None:
            return "the collaboration has ended"
        try:
            self._take(step, at_ns)
        except (StepRefusedError, TermsError) as error:
            return str(error)
        return ""

    def _take(self, step: Step, at_ns: int) -> None:
        if isinstance(step, CollaborationInvitation):
            if self.machine is not None:
                raise StepRefusedError("it was invited before")
            self.machine = Collaboration(terms_of(step, at_ns))
            self.invitation = step
        elif self.machine is None:
            raise StepRefusedError("there was no invitation")
        elif isinstance(step, CollaborationResult):
            self.result = step
        else:
            take(self.machine, step, at_ns)


async def read_record(bus: Bus, collaboration_id: str, up_to: int | None = None) -> Record:
    """Return a collaboration as far as the stream has it, or up to a sequence; waits through outages."""
    record = Record(collaboration_id)
    subject = collaboration_subjects(collaboration_id)
    async for stored in replay(bus, COLLAB, subject, stop_sequence=up_to):
        record.take(stored.subject, stored.data, stored.headers, stored.time_ns, stored.sequence)
    return record


async def invited(bus: Bus) -> list[str]:
    """Return the ids of all collaborations, the oldest first; waits through outages."""
    return list(await _begun(bus))


async def _begun(bus: Bus) -> dict[str, str | None]:
    """Return who began each collaboration, where the server says so, the oldest first."""
    stored = [
        (each.sequence, each.subject)
        for subject in collaborations_subjects(CollaborationStep.INVITATION)
        async for each in last_per_subject(bus, COLLAB, subject)
    ]
    begun: dict[str, str | None] = {}
    for _, subject in sorted(stored):
        begun.setdefault(subject.split(".")[2], sender_of_subject(subject))
    return begun


async def open_collaborations(bus: Bus) -> list[str]:
    """Return the ids of those that have no result yet, the oldest first; waits through outages."""
    while True:
        try:
            results = collaborations_subjects(CollaborationStep.RESULT)
            subjects = [found for one in results for found in await subjects_of(bus, COLLAB, one)]
            ended = {(subject.split(".")[2], sender_of_subject(subject)) for subject in subjects}
            begun = await _begun(bus)
            return [one for one, by in begun.items() if not {(one, by), (one, None)} & ended]
        except (JetStreamError, JetStreamUnavailableError) as error:
            log.warning("waiting for the stream of collaborations", reason=str(error))
            await asyncio.sleep(RETRY_SECONDS)
