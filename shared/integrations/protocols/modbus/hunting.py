"""Finds the answer to a request among bytes that are not all of it: noise, an echo, another unit's words."""

from pymodbus.framer import FramerRTU

from .requests import Request

CRC_BYTES = 2
EXCEPTION_BYTES = 3
"""Unit, function and code."""


def answer_in(data: bytes, request: Request) -> bytes:
    """Return the PDU of an answer of the right unit, function and length whose CRC holds; else nothing."""
    if len(data) < EXCEPTION_BYTES + CRC_BYTES:
        return b""
    proper = bytes([request.unit, request.code])
    if not request.is_write:
        proper += bytes([request.answer_size - 2])
    refusal = bytes([request.unit, request.code | 0x80])
    return _frame_in(data, proper, 1 + request.answer_size) or _frame_in(data, refusal, EXCEPTION_BYTES)


def _frame_in(data: bytes, head: bytes, size: int) -> bytes:
    """Return the PDU of the first frame of `size` bytes before its CRC that begins with `head`."""
    at = data.find(head)
    while 0 <= at <= len(data) - size - CRC_BYTES:
        end = at + size
        if FramerRTU.compute_CRC(data[at:end]) == int.from_bytes(data[end : end + CRC_BYTES], "big"):
            return data[at + 1 : end]
        at = data.find(head, at + 1)
    return b""
