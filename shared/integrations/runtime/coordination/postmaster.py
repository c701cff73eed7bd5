"""Mail that nobody will ever fetch: its sender is told, and it becomes a dead letter."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Mapping

import structlog

from integrations.bus import (
    AGENTS,
    JetStreamError,
    JetStreamUnavailableError,
    Members,
    Stored,
    Turn,
    replay,
    subjects_of,
)
from integrations.coordination.letters.responses import ErrorCode
from integrations.messages import MessageError, parse_agent_subject
from integrations.runtime.coordination.expiring import ALL_MAIL, Expiring
from integrations.runtime.coordination.parts import SERVICE, Desk, Part
from integrations.runtime.coordination.returning import Returning

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
LEAVE_SECONDS = 2.0
LOOKS = 2
"""An agent that is just coming may have a mailbox before it has a profile: strangers are looked for twice."""
MANY = 1000
"""Messages of a stranger that are disposed of in one look."""


class Postmaster(Part):
    """Looks every second whose mailboxes there are; of several replicas one does.

    Agents of this library find out by themselves that a recipient is unknown, before they send; those in
    other languages, which publish without looking, are told by this.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._members = Members(
            desk.bus, desk.publisher, f"{desk.identity.site}.{SERVICE}.postmaster", desk.identity.instance
        )
        self._turn = Turn(self._members, "mail for strangers")
        self._seen: Counter[str] = Counter()
        self._returning = Returning(desk)
        self._expiring = Expiring(desk, self._returning)

    async def work(self) -> None:
        """Look until cancelled, whenever it is our turn."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._turn.keep(), name="turn of the postmaster")
                group.create_task(self._expiring.keep(self._turn.ours), name="mail that expires")
                await self._look_on()
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_SECONDS):
                    await self._members.leave()

    async def _look_on(self) -> None:
        while True:
            await self._turn.ours.wait()
            try:
                await self._look()
            except (JetStreamError, JetStreamUnavailableError) as error:
                log.warning("mailboxes cannot be looked at", reason=str(error))
            await asyncio.sleep(LOOK_SECONDS)

    def counts(self) -> Mapping[str, int | float]:
        """Return how many messages had nobody to go to, or were not read in time."""
        return {"mail_returned": self._returning.count}

    async def _look(self) -> None:
        subjects = await subjects_of(self.desk.bus, AGENTS, ALL_MAIL)
        strange = {subject for subject in subjects if not await self._is_known(subject)}
        for subject in strange:
            self._seen[subject] += 1
            if self._seen[subject] >= LOOKS:
                await self._return_all(subject)
        for subject in self._seen.keys() - strange:
            del self._seen[subject]

    async def _is_known(self, subject: str) -> bool:
        try:
            agent_id = parse_agent_subject(subject).tokens.get("agent_id")
        except MessageError:
            return False
        return agent_id is not None and await self.desk.agents.directory.knows(agent_id)

    async def _return_all(self, subject: str) -> None:
        count = 0
        async for stored in replay(self.desk.bus, AGENTS, subject):
            await self._return(stored)
            count += 1
            if count >= MANY:
                break

    async def _return(self, stored: Stored) -> None:
        recipient = stored.subject.split(".")[2]
        reason = f"recipient_id {recipient!r} is no agent that was ever seen"
        await self._returning.tell(stored, ErrorCode.UNKNOWN_RECIPIENT, reason)
        await self._returning.take_out(stored)
