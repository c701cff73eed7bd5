"""Messages between agents as bytes, and the time that they have left."""

import itertools
import math
import os
import secrets
from datetime import UTC, datetime, timedelta

from msgspec import convert, json

from integrations.messages import (
    MAX_AGENT_BYTES,
    AgentMessage,
    ContentType,
    Header,
    TooLargeError,
    decode,
    encode,
    read_message,
)
from integrations.messages.fields import Token

_JSON = {Header.CONTENT_TYPE.value: ContentType.JSON.value}
_CONTENT_TYPE = ContentType.JSON.value
_TTL = Header.TTL.value
CLOCK_TOLERANCE = timedelta(seconds=2)
"""How far the clocks of two agents may be apart before a message counts as expired that is not."""


def write_agent(message: AgentMessage) -> bytes:
    """Return the body of a message.

    Raises:
        TooLargeError: it has more than MAX_AGENT_BYTES.
    """
    return _bounded(encode(message))


def read_agent(body: bytes, content_type: str | None = None) -> AgentMessage:
    """Return the message in a body.

    Raises:
        TooLargeError: it has more than MAX_AGENT_BYTES.
        DecodeError: it is not a message of agents; the text says at which field.
    """
    body = _bounded(body)
    if content_type is None or content_type == _CONTENT_TYPE:
        return read_message(body, AgentMessage)
    return decode(body, AgentMessage, content_type)


class _Ids:
    """Ids that no other process has, at a tenth of what random ones cost each."""

    def __init__(self) -> None:
        self.begin()
        os.register_at_fork(after_in_child=self.begin)

    def begin(self) -> None:
        """Begin with something of our own."""
        self._prefix, self._numbers = secrets.token_hex(10), itertools.count()

    def next(self) -> str:
        """Return one that was not there before."""
        return f"{self._prefix}{next(self._numbers):012x}"


new_id = _Ids().next


def sender_of(body: bytes) -> tuple[str, str] | None:
    """Return sender and message id of a body that is no message, where it has them."""
    try:
        found = json.decode(body, type=dict[str, object])
        return convert(found["sender_id"], Token), convert(found["message_id"], Token)
    except (KeyError, ValueError, RecursionError):
        return None


def seconds_left(message: AgentMessage) -> float:
    """Return how long a message lives from now on, never longer than its ttl; negative once it is over."""
    until_sent = (message.timestamp - datetime.now(UTC)).total_seconds()
    return min(float(message.ttl), until_sent + message.ttl)


def is_expired(message: AgentMessage) -> bool:
    """Whether a message came too late, by our clock and with some tolerance."""
    return seconds_left(message) < -CLOCK_TOLERANCE.total_seconds()


def mail_headers(seconds: float) -> dict[str, str]:
    """Return the headers of a message that the server is to forget after `seconds`."""
    return {**_JSON, _TTL: f"{max(1, math.ceil(seconds))}s"}


def _bounded(body: bytes) -> bytes:
    if len(body) > MAX_AGENT_BYTES:
        raise TooLargeError(f"a message may have {MAX_AGENT_BYTES} bytes, this one has {len(body)}")
    return body
