"""Modbus TCP frames: MBAP header and PDU, as a server takes and gives them.

Source: MODBUS Messaging on TCP/IP Implementation Guide V1.0b, §3.1.3.
"""

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from integrations.simulation.errors import SimulationError

MBAP = Struct(">HHHB")
SHORTEST, LONGEST = 2, 254


class FrameError(SimulationError, ValueError):
    """What came isn't Modbus TCP."""


class Request(NamedTuple):
    """One request, still as bytes."""

    transaction: int
    unit_id: int
    pdu: bytes


class Answer(NamedTuple):
    """PDU of an answer, and how late it goes out."""

    pdu: bytes
    delay_seconds: float = 0.0


def take_requests(received: bytearray) -> Iterator[Request]:
    """Take the complete requests off the front of `received`.

    Raises:
        FrameError: protocol or length is none of Modbus'; there is no way back into step.
    """
    while len(received) >= MBAP.size:
        transaction, protocol, length, unit_id = MBAP.unpack_from(received)
        if protocol != 0 or not SHORTEST <= length <= LONGEST:
            raise FrameError(
                f"protocol must be 0 and length {SHORTEST}..{LONGEST}, got {protocol} and {length}"
            )
        end = MBAP.size - 1 + length
        if len(received) < end:
            return
        pdu = bytes(received[MBAP.size : end])
        del received[:end]
        yield Request(transaction, unit_id, pdu)


def answer_frame(request: Request, pdu: bytes) -> bytes:
    """Frame of the answer `pdu` to `request`."""
    return MBAP.pack(request.transaction, 0, len(pdu) + 1, request.unit_id) + pdu
