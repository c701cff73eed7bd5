"""One collaboration as the stream COLLAB has it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from integrations.bus import COLLAB, Bus, JetStreamUnavailableError, replay, subjects_of
from integrations.messages import CollaborationInvitation, CollaborationResult, MessageError

from .errors import StepRefusedError, TermsError
from .machine import Collaboration
from .wire import Step, read_step, take, terms_of

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
        entry = Entry(step, at_ns, sequence, self._taken(step, at_ns))
        self.entries.append(entry)
        return entry

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
    subject = f"gl.collab.*.{collaboration_id}"
    async for stored in replay(bus, COLLAB, subject, stop_sequence=up_to):
        record.take(stored.subject, stored.data, stored.headers, stored.time_ns, stored.sequence)
    return record


async def open_collaborations(bus: Bus) -> list[str]:
    """Return the ids of those that have an invitation in the stream and no result; waits through outages."""
    invited = await _ids(bus, "invitation")
    ended = set(await _ids(bus, "result"))
    return [one for one in invited if one not in ended]


async def _ids(bus: Bus, step: str) -> list[str]:
    while True:
        try:
            subjects = await subjects_of(bus, COLLAB, f"gl.collab.{step}.*")
            return [subject.rpartition(".")[2] for subject in subjects]
        except JetStreamUnavailableError as error:
            log.warning("waiting for the stream of collaborations", reason=str(error))
            await asyncio.sleep(1.0)
