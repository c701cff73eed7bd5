"""A collaboration as plain values."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from .record import Record


def facts_of(record: Record) -> dict[str, Any]:
    """Return a collaboration as plain values."""
    stands = record.machine.participants if record.machine else {}
    steps = [
        {
            "step": type(entry.step).__name__.removeprefix("Collaboration").lower(),
            "stored": datetime.fromtimestamp(entry.at_ns / 1e9, UTC).isoformat(),
            "message": msgspec.to_builtins(entry.step),
            "refused": entry.refused or None,
        }
        for entry in record.entries
    ]
    return {
        "collaboration_id": record.collaboration_id,
        "phase": record.phase.value,
        "participants": {agent: each.value for agent, each in stands.items()},
        "result": msgspec.to_builtins(record.result) if record.result else None,
        "steps": steps,
    }
