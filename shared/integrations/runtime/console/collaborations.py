"""The newest collaborations of agents, read from their stream; one that has ended is read once."""

import time
from typing import Any

from integrations.bus import Bus
from integrations.coordination.collaboration.facts import facts_of
from integrations.coordination.collaboration.record import Record, invited, read_record

SHOWN = 30


class Collaborations:
    """Remembers those that have ended."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._ended: dict[str, dict[str, Any]] = {}

    async def newest(self) -> list[dict[str, Any]]:
        """Return the newest ones, the newest first."""
        ids = [*reversed(await invited(self._bus))][:SHOWN]
        self._ended = {one: self._ended[one] for one in ids if one in self._ended}
        return [await self._one(collaboration_id) for collaboration_id in ids]

    async def _one(self, collaboration_id: str) -> dict[str, Any]:
        if known := self._ended.get(collaboration_id):
            return known
        record = await read_record(self._bus, collaboration_id)
        if record.machine is not None:
            record.machine.pass_time(time.time_ns())
        found = _shown(record)
        if record.result is not None:
            self._ended[collaboration_id] = found
        return found


def _shown(record: Record) -> dict[str, Any]:
    facts = facts_of(record)
    invitation = record.invitation
    facts["task_type"] = invitation.task_type if invitation else ""
    facts["initiator_id"] = invitation.initiator_id if invitation else ""
    facts["deadline"] = invitation.deadline.isoformat() if invitation else None
    return facts
