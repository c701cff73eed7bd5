"""JetStream that is there and stores nothing, in words for whoever has to mend it."""

from collections.abc import Iterable

import structlog

from .flights import Flight

log = structlog.get_logger(__name__)

STANDSTILL_SECONDS = 10.0
"""A message that is not stored for so long while the bus is there is not only late."""
NO_ROOM = "insufficient resources"
_UNTIL_RESTARTED = "make room there, then restart nats-server: until then it stores nothing"
_ADVICE = {
    "": f"it does not acknowledge; is the disk of its store_dir full? If so, {_UNTIL_RESTARTED}",
    NO_ROOM: f"{NO_ROOM}; the disk of its store_dir or its max_file_store is full: {_UNTIL_RESTARTED}",
}


class Standstill:
    """What has waited too long for its acknowledgement; its begin and its end are logged."""

    def __init__(self, after_seconds: float) -> None:
        self._after_seconds = after_seconds
        self._told: int | None = None  # how many were stored then

    def trouble(self, heads: Iterable[Flight], now: float, connected_at: float) -> str:
        """Return what is wrong with the oldest of `heads`, in words; nothing is well."""
        begun = [flight for flight in heads if flight.began]
        if not begun:
            return ""
        oldest = min(begun, key=lambda flight: flight.began)
        waited = now - max(oldest.began, connected_at)
        if waited < self._after_seconds:
            return ""
        why = _ADVICE.get(oldest.reason, oldest.reason)
        return f"nats-server has not stored {oldest.message.subject} for {waited:.0f} s: {why}"

    def look(self, trouble: str, stored: int) -> None:
        """Log what begins, and its end; `stored` is how many messages were stored so far."""
        if trouble and self._told is None:
            log.error("nothing is stored", reason=trouble)
            self._told = stored
        elif self._told is not None and not trouble and stored > self._told:
            log.info("messages are stored again")
            self._told = None
