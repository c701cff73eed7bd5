"""Token-passing PDUs: one command to, or one answer from, one field device.

delimiter · address · expansion bytes · command · byte count · data · check byte, without preambles. An
answer's data begin with two status bytes. Command 31 carries a 16-bit command number in front of its data.
Source: HCF_SPEC-081 (FCG TS20081), §5; HART Command Summary Specification, HCF_SPEC-99 (FCG TS20099), §7.
"""

from enum import IntEnum

import msgspec

from .address import ADDRESS_BITS, BURST_MODE, LONG_BYTES, PRIMARY_MASTER, Address
from .errors import ChecksumError, FrameError

EXTENDED_COMMAND = 31
LAST_BYTE_COMMAND = 255
STATUS_BYTES = 2
_LONG_ADDRESS = 0x80
_PREAMBLE = b"\xff"


class FrameType(IntEnum):
    """Who sends a frame to whom."""

    BURST = 1
    REQUEST = 2
    ANSWER = 6


_FRAME_TYPES = frozenset(FrameType)


class Reply(msgspec.Struct, frozen=True, gc=False):
    """What a device says to a command, whatever PDU brought it.

    `code` is the response code; with bit 7 set it tells of a communication error and there is no device
    status.
    """

    command: int
    code: int
    device_status: int
    data: bytes = b""


class Frame(msgspec.Struct, frozen=True):
    """One PDU; `payload` is all that the byte count counts, `command` the 8-bit number."""

    type: int
    address: Address
    command: int
    payload: bytes = b""
    is_primary_master: bool = True
    is_bursting: bool = False
    physical_layer: int = 0
    expansion: bytes = b""

    def encode(self) -> bytes:
        """Return the bytes on the wire.

        Raises:
            FrameError: payload or expansion is too long.
        """
        if len(self.payload) > 255 or len(self.expansion) > 3:
            sizes = f"{len(self.payload)} and {len(self.expansion)}"
            raise FrameError(f"payload and expansion must be at most 255 and 3 bytes, got {sizes}")
        octets = self.address.octets
        delimiter = self.type | self.physical_layer << 3 | len(self.expansion) << 5
        bits = PRIMARY_MASTER * self.is_primary_master | BURST_MODE * self.is_bursting
        head = bytes((delimiter | _LONG_ADDRESS * self.address.is_long, octets[0] | bits)) + octets[1:]
        body = head + self.expansion + bytes((self.command, len(self.payload))) + self.payload
        return body + bytes((check_byte(body),))

    def reply(self) -> Reply:
        """Read the payload of an answer or a burst.

        Raises:
            FrameError: the status bytes are missing.
        """
        if len(self.payload) < STATUS_BYTES:
            raise FrameError(f"an answer has {STATUS_BYTES} status bytes, got {len(self.payload)}")
        command, data = self.command, self.payload[STATUS_BYTES:]
        if command == EXTENDED_COMMAND and len(data) >= 2:
            command, data = int.from_bytes(data[:2], "big"), data[2:]
        return Reply(command, self.payload[0], self.payload[1], data)


def decode_frame(data: bytes) -> Frame:
    """Read exactly one PDU; preambles before it are skipped.

    Raises:
        FrameError: it is cut short, too long or of no known type.
        ChecksumError: the check byte is wrong.
    """
    if data[:1] == _PREAMBLE:
        data = data.lstrip(_PREAMBLE)
    if not data or data[0] & 7 not in _FRAME_TYPES:
        raise FrameError(f"no HART PDU: {data[:16].hex(' ') or 'no bytes'}")
    delimiter = data[0]
    command_at = 1 + (LONG_BYTES if delimiter & _LONG_ADDRESS else 1)
    address_end, command_at = command_at, command_at + (delimiter >> 5 & 3)
    start = command_at + 2
    if len(data) <= start or len(data) != start + data[command_at + 1] + 1:
        raise FrameError(f"PDU of {len(data)} bytes does not match its byte count: {data[:16].hex(' ')}")
    if check_byte(data):
        raise ChecksumError(f"check byte must be 0x{check_byte(data[:-1]):02x}, got 0x{data[-1]:02x}")
    return Frame(
        delimiter & 7,
        Address(bytes((data[1] & ADDRESS_BITS,)) + data[2:address_end]),
        data[command_at],
        data[start:-1],
        bool(data[1] & PRIMARY_MASTER),
        bool(data[1] & BURST_MODE),
        delimiter >> 3 & 3,
        data[address_end:command_at],
    )


def request_frame(address: Address, command: int, data: bytes = b"", *, primary: bool = True) -> Frame:
    """Return the frame that asks for a command; a number above 255 travels in command 31.

    Raises:
        FrameError: the number has more than 16 bits.
    """
    if not 0 <= command <= 0xFFFF:
        raise FrameError(f"command must be 0..65535, got {command}")
    if command > LAST_BYTE_COMMAND:
        command, data = EXTENDED_COMMAND, command.to_bytes(2, "big") + data
    return Frame(FrameType.REQUEST, address, command, data, primary)


def check_byte(data: bytes) -> int:
    """Return the longitudinal parity: all bytes, exclusive-or; 0 over a whole PDU."""
    return parity(int.from_bytes(data, "big"), len(data))


def parity(number: int, size: int) -> int:
    """Return the parity of the bytes of a number, at most 512: a PDU has up to 256 + 11.

    Folded half by half, which is twice as fast as byte by byte.
    """
    if size > 32:
        if size > 64:
            number ^= number >> 2048
            number ^= number >> 1024
            number ^= number >> 512
        number ^= number >> 256
    number ^= number >> 128
    number ^= number >> 64
    number ^= number >> 32
    number ^= number >> 16
    return (number ^ number >> 8) & 0xFF
