"""Direct PDUs: several commands in one message to the gateway, or HART-IP device, itself.

device status · extended status · any number of (command u16 · byte count · data). In an answer the data of
each command begin with its response code. Source: HCF_SPEC-085 (FCG TS20085), Direct PDU.
"""

from collections.abc import Iterator, Sequence
from struct import Struct

import msgspec

from .errors import FrameError
from .frame import Reply

_ITEM = Struct(">HB")
_STATUS_BYTES = 2


class DirectCommand(msgspec.Struct, frozen=True):
    """One command of a direct request."""

    command: int
    data: bytes = b""


class DirectAnswer(msgspec.Struct, frozen=True):
    """The answers to the commands of one request, in its order."""

    device_status: int
    extended_status: int
    replies: tuple[Reply, ...]

    def encode(self) -> bytes:
        """Return the bytes on the wire; errors as `encode_direct`."""
        items = [DirectCommand(reply.command, bytes((reply.code,)) + reply.data) for reply in self.replies]
        return bytes((self.device_status, self.extended_status)) + encode_direct(items)[_STATUS_BYTES:]


def encode_direct(commands: Sequence[DirectCommand]) -> bytes:
    """Return a direct request; a client's own two status bytes are 0.

    Raises:
        FrameError: a command or its data do not fit.
    """
    for item in commands:
        if not 0 <= item.command <= 0xFFFF or len(item.data) > 255:
            got = f"{item.command} and {len(item.data)}"
            raise FrameError(f"command must be 0..65535 with at most 255 data bytes, got {got}")
    return bytes(_STATUS_BYTES) + b"".join(
        _ITEM.pack(item.command, len(item.data)) + item.data for item in commands
    )


def decode_direct_request(body: bytes) -> tuple[DirectCommand, ...]:
    """Read a direct request; errors as `decode_direct_answer`."""
    return tuple(DirectCommand(command, data) for command, data in _items(body))


def decode_direct_answer(body: bytes) -> DirectAnswer:
    """Read the answer to a direct request.

    Raises:
        FrameError: it is cut short, or a command has no response code.
    """
    items = list(_items(body))
    if missing := [command for command, data in items if not data]:
        raise FrameError(f"no response code for the commands {', '.join(map(str, missing))}")
    device_status, extended_status = body[:_STATUS_BYTES]
    replies = (Reply(command, data[0], device_status, data[1:]) for command, data in items)
    return DirectAnswer(device_status, extended_status, tuple(replies))


def _items(body: bytes) -> Iterator[tuple[int, bytes]]:
    if len(body) < _STATUS_BYTES:
        raise FrameError(f"a direct PDU has {_STATUS_BYTES} status bytes, got {len(body)}")
    at = _STATUS_BYTES
    while at < len(body):
        start = at + _ITEM.size
        if start > len(body):
            raise FrameError(f"direct PDU ends inside a command: {body[at:].hex(' ')}")
        command, count = _ITEM.unpack_from(body, at)
        at = start + count
        if at > len(body):
            raise FrameError(f"command {command} claims {count} data bytes, {len(body) - start} are left")
        yield command, body[start:at]
