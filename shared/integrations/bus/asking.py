"""Whether a message is in its stream already, for what is sent again after its id is forgotten."""

import base64

from integrations.messages import Header, stored_subject

from .connection import Bus
from .errors import JetStreamError
from .outgoing import Ack, Outgoing

_NO_MESSAGE = 10037


async def stored_as(bus: Bus, message: Outgoing) -> Ack | None:
    """Return the acknowledgement of `message` if it is the last of its subject; the stream's leader is asked.

    Raises:
        JetStreamError: refused.
        JetStreamUnavailableError: nobody can say for the moment.
    """
    if not message.message_id:
        return None
    streams = (await bus.api("STREAM.NAMES", {"subject": message.subject}))["streams"] or ()
    for stream in streams:
        for subject in {message.subject, stored_subject(message.subject)}:
            found = await _last(bus, stream, subject)
            if found and found[1] == message.message_id:
                return Ack(stream, found[0], duplicate=True)
    return None


async def _last(bus: Bus, stream: str, subject: str) -> tuple[int, str] | None:
    """Return sequence and id of the last message of a subject."""
    try:
        answer = await bus.api(f"STREAM.MSG.GET.{stream}", {"last_by_subj": subject})
    except JetStreamError as error:
        if error.err_code == _NO_MESSAGE:
            return None
        raise
    found = answer["message"]
    headers = base64.b64decode(found.get("hdrs", "")).decode("utf-8", "replace")
    lines = (line.partition(":") for line in headers.split("\r\n"))
    ids = [value.strip() for name, _, value in lines if name == Header.MESSAGE_ID]
    return int(found["seq"]), ids[0] if ids else ""
