"""Events of a service: told from anywhere without waiting, published in order behind the readings' outbox."""

import time
from collections import deque
from collections.abc import Callable

from integrations.bus import Outbox, Outgoing
from integrations.messages import ContentType, Event, Header, Severity, Subjects, encode, token_from
from integrations.runtime.identity import Identity

MAX_WAITING = 10_000
EVENT_ID = "event-"
"""Begins the message id of every event."""

Fact = str | int | float | bool | None


class EventReporter:
    """Turns what happened into Event messages in an outbox; its owner runs `flush()` after telling."""

    def __init__(
        self,
        identity: Identity,
        content_type: ContentType = ContentType.JSON,
        *,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._subjects = Subjects(identity.site)
        self._identity = identity
        self._content_type = content_type
        self._now_ns = now_ns
        self._began_ns = now_ns()
        self._count = 0
        self._waiting: deque[tuple[str, Event]] = deque(maxlen=MAX_WAITING)

    def tell(
        self, subject_id: str, kind: str, text: str, severity: Severity = Severity.INFO, **facts: Fact
    ) -> None:
        """Note an event about `subject_id` (any text; made into a token)."""
        self._count += 1
        own_id = f"{self._identity.instance}-{self._began_ns}-{self._count}"
        self.tell_once(own_id, subject_id, kind, text, severity, **facts)

    def tell_once(
        self, once: str, subject_id: str, kind: str, text: str, severity: Severity, **facts: Fact
    ) -> None:
        """Note an event that several instances may see: told under the same `once` it is stored once."""
        event = Event(
            site=self._subjects.site,
            service=self._identity.service,
            instance=self._identity.instance,
            subject_id=token_from(subject_id),
            kind=kind,
            severity=severity,
            time=self._now_ns(),
            text=text,
            facts=facts,
        )
        self._waiting.append((EVENT_ID + once, event))

    def take(self) -> list[Outgoing]:
        """Return the events told since the last call, as messages."""
        taken = [self._outgoing(event, message_id) for message_id, event in self._waiting]
        self._waiting.clear()
        return taken

    async def flush(self, outbox: Outbox) -> None:
        """Move the events told so far into `outbox`."""
        if not self._waiting:
            return
        for message in self.take():
            await outbox.append(message, self._now_ns())

    def _outgoing(self, event: Event, message_id: str) -> Outgoing:
        return Outgoing(
            self._subjects.event(event.service, event.subject_id),
            encode(event, self._content_type),
            {Header.CONTENT_TYPE: self._content_type},
            message_id,
            lasting=True,
        )
