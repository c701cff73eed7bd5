"""Messages that cannot be processed: kept as they came, on the dead subject, with the reason."""

from integrations.messages import Header, Subjects

from .publishing.outgoing import Outgoing
from .reading.received import Received

MAX_REASON = 1000


def dead_letter(site: str, stream: str, message: Received, reason: str, subject: str = "") -> Outgoing:
    """Return a message from `stream` as a dead letter, published on `subject` if not where it is stored."""
    headers = {
        Header.DEAD_REASON.value: " ".join(reason.split())[:MAX_REASON],
        Header.DEAD_SUBJECT.value: subject or message.subject,
        Header.DEAD_SEQUENCE.value: str(message.stream_sequence),
    }
    if content_type := message.headers.get(Header.CONTENT_TYPE):
        headers[Header.CONTENT_TYPE.value] = content_type
    return Outgoing(
        Subjects(site).dead(stream), message.data, headers, f"dead-{stream}-{message.stream_sequence}"
    )
