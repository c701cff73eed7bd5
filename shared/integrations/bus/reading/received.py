"""A message as a consumer gets it, with the facts of its delivery."""

from integrations.bus.errors import BusError


class NotFromJetStreamError(BusError, ValueError):
    """A reply subject that is no JetStream acknowledgement subject."""


def parse_reply(reply: str) -> tuple[int, int, int, int, int]:
    """Read `$JS.ACK.…`: delivered, stream sequence, consumer sequence, time (UTC ns), pending.

    Either with 9 tokens, or with domain, account hash and perhaps a random token besides (11 or 12).

    Raises:
        NotFromJetStreamError: it is something else.
    """
    tokens = reply.split(".")
    if not reply.startswith("$JS.ACK.") or len(tokens) not in {9, 11, 12}:
        raise NotFromJetStreamError(f"not a JetStream acknowledgement subject: {reply!r}")
    first = 4 if len(tokens) == 9 else 6
    try:
        delivered, stream_sequence, consumer_sequence, time_ns, pending = map(int, tokens[first : first + 5])
    except ValueError as error:
        raise NotFromJetStreamError(f"not a JetStream acknowledgement subject: {reply!r}") from error
    return delivered, stream_sequence, consumer_sequence, time_ns, pending


class Received:
    """One message: `subject`, `headers`, `data`, and where it stands in stream and consumer.

    `delivered` counts its deliveries, this one included; `pending` the messages that wait behind it;
    `time_ns` is when the stream stored it (UTC).
    """

    __slots__ = (
        "consumer_sequence",
        "data",
        "delivered",
        "generation",
        "headers",
        "pending",
        "reply",
        "stream_sequence",
        "subject",
        "time_ns",
    )

    def __init__(
        self, subject: str, headers: dict[str, str], data: bytes, reply: str, generation: int
    ) -> None:
        self.subject = subject
        self.headers = headers
        self.data = data
        self.reply = reply
        self.generation = generation
        (
            self.delivered,
            self.stream_sequence,
            self.consumer_sequence,
            self.time_ns,
            self.pending,
        ) = parse_reply(reply)
