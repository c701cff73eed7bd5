"""Whether messages are in their stream already, for what is sent again after its id is forgotten there."""

from collections.abc import Iterable

from integrations.bus.connection import Bus
from integrations.bus.errors import JetStreamUnavailableError
from integrations.messages import Header, stored_subject

from .outgoing import Ack, Outgoing

_NOT_FOUND = "404"


class Doubt:
    """Messages of one subject, in their order, of which nobody knows how far they were stored.

    The stream is asked once, for the last message of the subject: if that is one of these, those before it
    are stored too, because a subject's messages are stored in order.
    """

    def __init__(self, message_ids: Iterable[str]) -> None:
        self._place = {message_id: place for place, message_id in enumerate(message_ids)}
        self._asked = False
        self._last = -1
        self._ack: Ack | None = None

    def __contains__(self, message_id: str) -> bool:
        return message_id in self._place

    async def stored_as(self, bus: Bus, message: Outgoing) -> Ack | None:
        """Return the acknowledgement of `message`, one of these, if it is stored.

        Raises:
            JetStreamError: refused.
            JetStreamUnavailableError: nobody can say for the moment.
            BusForbiddenError: we may not ask.
        """
        if not self._asked:
            await self._ask(bus, message.subject)
        return self._ack if self._place[message.message_id] <= self._last else None

    async def _ask(self, bus: Bus, subject: str) -> None:
        streams = (await bus.api("STREAM.NAMES", {"subject": subject}))["streams"] or ()
        for stream in streams:
            for stored in {subject, stored_subject(subject)}:
                sequence, message_id = await _last(bus, stream, stored)
                if self._place.get(message_id, -1) > self._last:
                    self._last = self._place[message_id]
                    self._ack = Ack(stream, sequence, duplicate=True)
        self._asked = True


async def _last(bus: Bus, stream: str, subject: str) -> tuple[int, str]:
    """Return sequence and id of the last message of a subject; without one there is no id.

    The subject stands in the request's, so that a service may be let ask for its own and no more.
    """
    answer = await bus.ask(f"$JS.API.DIRECT.GET.{stream}.{subject}")
    headers = answer.headers or {}
    if status := headers.get("Status"):
        if status == _NOT_FOUND:
            return 0, ""
        raise JetStreamUnavailableError(f"{stream}: {status} {headers.get('Description', '')}")
    return int(headers["Nats-Sequence"]), headers.get(Header.MESSAGE_ID, "")
