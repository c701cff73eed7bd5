"""HART-IP messages: a header of 8 bytes, a body, and how a TCP stream is cut into them.

Source: HART Network Management Specification, HCF_SPEC-085 (FCG TS20085), HART-IP.
"""

from collections.abc import Iterator
from enum import IntEnum
from struct import Struct

import msgspec

from .errors import FrameError

HEADER = Struct(">BBBBHH")
HEADER_BYTES = HEADER.size
VERSION = 1
MAX_MESSAGE_BYTES = 4096
"""An audit log, the longest message by far, stays below half of it."""
_TYPE_MASK = 0x0F


class MessageType(IntEnum):
    """What a message is to its receiver."""

    REQUEST = 0
    RESPONSE = 1
    PUBLISH = 2
    NAK = 15


class MessageId(IntEnum):
    """What the body of a message is."""

    SESSION_INITIATE = 0
    SESSION_CLOSE = 1
    KEEP_ALIVE = 2
    TOKEN_PASSING_PDU = 3
    DIRECT_PDU = 4
    AUDIT_LOG = 5


_TYPES = frozenset(MessageType)
_REQUEST = MessageType.REQUEST


class Message(msgspec.Struct, frozen=True, gc=False):
    """One message; `status` belongs to an answer, `id` may be one that is not known here."""

    type: int
    id: int
    sequence: int
    body: bytes = b""
    status: int = 0
    version: int = VERSION

    def encode(self) -> bytes:
        """Return the bytes on the wire.

        Raises:
            FrameError: a field is beyond its bytes.
        """
        if not 0 <= self.sequence <= 0xFFFF:
            raise FrameError(f"sequence number must be 0..65535, got {self.sequence}")
        count = _byte_count(self.body)
        head = HEADER.pack(self.version, self.type, self.id, self.status, self.sequence, count)
        return head + self.body


def encode_request(message_id: int, sequence: int, body: bytes = b"") -> bytes:
    """Return a request on the wire; FrameError for a body that is too long."""
    return HEADER.pack(VERSION, _REQUEST, message_id, 0, sequence, _byte_count(body)) + body


def _byte_count(body: bytes) -> int:
    count = HEADER_BYTES + len(body)
    if count > MAX_MESSAGE_BYTES:
        raise FrameError(f"message must be at most {MAX_MESSAGE_BYTES} bytes, got {count}")
    return count


def decode_message(data: bytes) -> Message:
    """Read exactly one message, as a UDP datagram carries it.

    Raises:
        FrameError: names what is wrong.
    """
    version, kind, identifier, status, sequence, size = _fields(data)
    if size != len(data):
        raise FrameError(f"byte count must be that of the message, {len(data)}, got {size}")
    return Message(kind & _TYPE_MASK, identifier, sequence, data[HEADER_BYTES:], status, version)


def message_size(data: bytes | bytearray) -> int:
    """Return the length that a header gives its message.

    Raises:
        FrameError: there is no header here.
    """
    return _fields(data)[-1]


def _fields(data: bytes | bytearray) -> tuple[int, ...]:
    """Return version, type, id, status, sequence number and byte count; errors as `message_size`."""
    if len(data) < HEADER_BYTES:
        raise FrameError(f"a HART-IP header takes {HEADER_BYTES} bytes, got {len(data)}: {data.hex(' ')}")
    fields = version, kind, _, _, _, size = HEADER.unpack_from(data)
    if version == 0 or kind & _TYPE_MASK not in _TYPES or not HEADER_BYTES <= size <= MAX_MESSAGE_BYTES:
        raise FrameError(f"no HART-IP header: {data[:HEADER_BYTES].hex(' ')}")
    return fields


class MessageStream:
    """Cuts what a TCP connection brings into messages; holds less than one message at any time."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Yield the messages that `data` completes.

        Raises:
            FrameError: the stream is out of step, and there is no way back into it.
        """
        self._buffer += data
        start = 0
        try:
            while len(self._buffer) - start >= HEADER_BYTES:
                size = message_size(self._buffer[start : start + HEADER_BYTES])
                if len(self._buffer) - start < size:
                    break
                yield decode_message(bytes(self._buffer[start : start + size]))
                start += size
        finally:
            del self._buffer[:start]
