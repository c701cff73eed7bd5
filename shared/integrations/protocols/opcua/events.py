"""What a session tells beside values: how it stands with the server, and what changed about tags."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import structlog

logger = structlog.get_logger(__name__)


class EventKind(StrEnum):
    """Kinds of events."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    RECONNECT_FAILED = "reconnect_failed"
    RECONNECTED = "reconnected"
    NAMESPACES_MOVED = "namespaces_moved"
    TYPE_CHANGED = "type_changed"
    OVERFLOW = "overflow"
    NODE_REFUSED = "node_refused"
    NODE_BACK = "node_back"
    DEADBAND_REFUSED = "deadband_refused"
    REVISED = "revised"
    BACKFILLED = "backfilled"
    NO_HISTORY = "no_history"


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """One event; `node` is the text that names the node, empty where the server as a whole is meant."""

    kind: EventKind
    server: str
    node: str = ""
    detail: str = ""


WARNINGS = {
    EventKind.DISCONNECTED,
    EventKind.RECONNECT_FAILED,
    EventKind.NAMESPACES_MOVED,
    EventKind.TYPE_CHANGED,
    EventKind.OVERFLOW,
    EventKind.NODE_REFUSED,
    EventKind.DEADBAND_REFUSED,
}


class Events:
    """Logs each event and hands it to whoever asked for them."""

    def __init__(self, server: str, listener: Callable[[SessionEvent], None] | None) -> None:
        self._server = server
        self._listener = listener

    def tell(self, kind: EventKind, node: str = "", detail: str = "") -> None:
        """Tell an event."""
        log = logger.warning if kind in WARNINGS else logger.info
        log(f"opc ua {kind.value.replace('_', ' ')}", server=self._server, node=node, detail=detail)
        if self._listener:
            try:
                self._listener(SessionEvent(kind, self._server, node, detail))
            except Exception:
                logger.exception("a listener to opc ua events failed", kind=kind.value)


class TypeWatch:
    """Notices when a node's values have another type than before."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._types: dict[str, str] = {}

    def look(self, node: str, data_type: str) -> None:
        """Compare with the type of the last value; a value without a type says nothing."""
        before = self._types.get(node)
        if before != data_type and data_type:
            self._types[node] = data_type
            if before is not None:
                self._events.tell(EventKind.TYPE_CHANGED, node, f"{before} became {data_type}")
