"""Whether a message is in its stream already, for what is sent again after its id is forgotten."""

from integrations.bus.connection import Bus
from integrations.bus.errors import JetStreamUnavailableError
from integrations.messages import Header, stored_subject

from .outgoing import Ack, Outgoing

_NOT_FOUND = "404"


async def stored_as(bus: Bus, message: Outgoing) -> Ack | None:
    """Return the acknowledgement of `message` if it is the last of its subject.

    Raises:
        JetStreamError: refused.
        JetStreamUnavailableError: nobody can say for the moment.
        BusForbiddenError: we may not ask.
    """
    if not message.message_id:
        return None
    streams = (await bus.api("STREAM.NAMES", {"subject": message.subject}))["streams"] or ()
    for stream in streams:
        for subject in {message.subject, stored_subject(message.subject)}:
            sequence, message_id = await _last(bus, stream, subject)
            if message_id == message.message_id:
                return Ack(stream, sequence, duplicate=True)
    return None


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
