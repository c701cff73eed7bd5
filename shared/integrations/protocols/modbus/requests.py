"""Requests as the bytes of a PDU, and answers checked and read."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from .errors import ExceptionCode, GarbageError, WrongLengthError, exception_response
from .planner import Span
from .registers import Function

_READS: dict[Function, type[ModbusPDU]] = {
    Function.HOLDING: ReadHoldingRegistersRequest,
    Function.INPUT: ReadInputRegistersRequest,
    Function.COIL: ReadCoilsRequest,
    Function.DISCRETE: ReadDiscreteInputsRequest,
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request to one unit; `answer_size` is the length in bytes of a proper answer's PDU."""

    unit: int
    span: Span
    pdu: bytes
    answer_size: int
    is_write: bool = False

    @property
    def code(self) -> int:
        """Function code."""
        return self.pdu[0]


@lru_cache(maxsize=8192)
def read_request(unit: int, span: Span) -> Request:
    """Build the request that reads `span`; kept, because the same few are sent for ever."""
    pdu = _READS[span.function](address=span.address, count=span.count)
    size = (span.count + 7) // 8 if span.function.reads_bits else span.count * 2
    return Request(unit, span, bytes([pdu.function_code]) + pdu.encode(), 2 + size)


def write_request(unit: int, address: int, words: tuple[int, ...]) -> Request:
    """Build the request that writes holding registers: function 6 for one, 16 for several."""
    pdu: ModbusPDU
    if len(words) == 1:
        pdu = WriteSingleRegisterRequest(address=address, registers=words)
    else:
        pdu = WriteMultipleRegistersRequest(address=address, registers=words)
    span = Span(Function.HOLDING, address, len(words))
    return Request(unit, span, bytes([pdu.function_code]) + pdu.encode(), 5, is_write=True)


def is_silence(pdu: bytes) -> bool:
    """Whether a gateway says, in place of the unit behind it, that the unit did not answer."""
    return bool(pdu[0] & 0x80) and pdu[1:] == bytes([ExceptionCode.GATEWAY_TARGET_DEVICE_FAILED_TO_RESPOND])


def check_answer(request: Request, pdu: bytes, line: str) -> None:
    """Raise what is wrong with an answer, by name.

    Raises:
        ExceptionResponseError: the unit or gateway declined.
        WrongLengthError: the quantity is not what was asked. Some servers answer past their last register
            with fewer or none, and no exception.
        GarbageError: the answer is to another function.
    """
    code = pdu[0]
    if code == request.code | 0x80 and len(pdu) == 2:
        raise exception_response(pdu[1], line=line, unit=request.unit, span=request.span)
    if code != request.code:
        what = f"answer to function {code & 0x7F}, {request.code} was asked"
        if code == request.code | 0x80:
            what = f"exception of {len(pdu)} bytes instead of 2"
        raise GarbageError(what, line=line, unit=request.unit, span=request.span)
    if len(pdu) != request.answer_size:
        what = f"answer of {len(pdu)} bytes instead of {request.answer_size}"
        raise WrongLengthError(what, line=line, unit=request.unit, span=request.span)
    if not request.is_write and pdu[1] != len(pdu) - 2:
        what = f"answer that claims {pdu[1]} bytes of registers and has {len(pdu) - 2}"
        raise WrongLengthError(what, line=line, unit=request.unit, span=request.span)


def read_words(request: Request, pdu: bytes, line: str) -> NDArray[np.uint16]:
    """Return what a checked read carries: registers (count,), or bits as 0 and 1.

    Registers come as a read-only view of the answer in its own byte order.
    """
    check_answer(request, pdu, line)
    if request.span.function.reads_bits:
        bits = np.unpackbits(np.frombuffer(pdu, np.uint8, offset=2), bitorder="little")
        return bits[: request.span.count].astype(np.uint16)
    return np.frombuffer(pdu, ">u2", offset=2)
