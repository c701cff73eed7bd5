"""Messages that cannot be processed: kept as they came, on the dead subject, with the reason."""

from integrations.bus import RAW, Outgoing
from integrations.messages import Header, Subjects, split_stored
from integrations.runtime.transformation.intake import Dead

MAX_REASON = 1000


def dead_letter(site: str, dead: Dead) -> Outgoing:
    """Return the dead letter of a message from RAW."""
    message = dead.message
    headers = {
        Header.DEAD_REASON.value: " ".join(dead.reason.split())[:MAX_REASON],
        Header.DEAD_SUBJECT.value: split_stored(message.subject)[1],
        Header.DEAD_SEQUENCE.value: str(message.stream_sequence),
    }
    if content_type := message.headers.get(Header.CONTENT_TYPE):
        headers[Header.CONTENT_TYPE.value] = content_type
    return Outgoing(Subjects(site).dead(RAW), message.data, headers, f"dead-{RAW}-{message.stream_sequence}")
