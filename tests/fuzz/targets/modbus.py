"""Modbus: frames over TCP and RTU, the PDUs in them, and the words in those."""

import struct

import numpy as np
from pymodbus.framer.rtu import FramerRTU

from fuzz.target import Target
from integrations.protocols.modbus import Function, ModbusError, Register, RegisterTable, RegisterType
from integrations.protocols.modbus.decode import Decoder
from integrations.protocols.modbus.endpoint import ModbusEndpoint, Transport
from integrations.protocols.modbus.planner import Span
from integrations.protocols.modbus.registers import ByteOrder
from integrations.protocols.modbus.requests import (
    Request,
    check_answer,
    is_silence,
    read_request,
    read_words,
    write_request,
)
from integrations.protocols.modbus.rtu import Debts, RtuLink
from integrations.protocols.modbus.tcp import TcpLink

from .wire import conversation, pieces_of

REQUESTS = (
    *(read_request(1, Span(function, 0, 4)) for function in Function),
    write_request(1, 0, (1,)),
    write_request(1, 0, (1, 2)),
)
ENDPOINT = ModbusEndpoint(Transport.RTU_OVER_TCP, "nowhere", inter_frame_pause_seconds=0.0)
REGISTERS = RegisterTable(
    (
        *(
            Register(f"{kind.value}-{order.value}", 4 * (8 * at + place), kind, order=order, not_available=1)
            for at, order in enumerate(ByteOrder)
            for place, kind in enumerate(RegisterType)
            if kind is not RegisterType.STRING
        ),
        Register("text", 200, RegisterType.STRING, length=8),
        Register("bits", 210, RegisterType.UINT16, bit=3, bits=4),
    )
)
DECODER = Decoder(REGISTERS)
ANSWERS = (
    b"\x03\x08\0\1\0\2\0\3\0\4",
    b"\x04\x08\0\1\0\2\0\3\0\4",
    b"\x01\x01\x0f",
    b"\x02\x01\x0f",
    b"\x06\0\0\0\1",
    b"\x10\0\0\0\2",
)


def _words(request: Request, pdu: bytes) -> object:
    is_silence(pdu)
    if request.is_write:
        return check_answer(request, pdu, "line")
    return read_words(request, pdu, "line")


def _tcp(data: bytes) -> object:
    """One byte says what was asked, one how the rest comes."""
    request, size, rest = REQUESTS[data[0] % len(REQUESTS)], data[1] % 8, data[2:]
    pdu = conversation(
        lambda: TcpLink("line"), lambda link: link.exchange(request, 9.0), pieces_of(rest, size)
    )
    return _words(request, pdu)


def _rtu_link() -> RtuLink:
    link = RtuLink(ENDPOINT, Debts())
    link._echoes = False  # or a read would come before a write
    return link


def _rtu(data: bytes) -> object:
    """As over TCP; a CRC that fits is put behind where the second byte is odd."""
    request, size, rest = REQUESTS[data[0] % len(REQUESTS)], data[1] // 2 % 8, data[2:]
    if data[1] & 1:
        rest += FramerRTU.compute_CRC(rest).to_bytes(2, "big")
    pdu = conversation(_rtu_link, lambda link: link.exchange(request, 9.0), pieces_of(rest, size))
    return _words(request, pdu)


def _pdu(data: bytes) -> object:
    return _words(REQUESTS[data[0] % len(REQUESTS)], data[1:])


def _image(data: bytes) -> object:
    size = DECODER.layout.size
    words = np.frombuffer(data.ljust(2 * size, b"\0")[: 2 * size], ">u2")
    return DECODER(words), DECODER.texts(words)


TABLE = (
    Target(
        "modbus_tcp",
        lambda data: _tcp(data.ljust(2, b"\0")),
        (ModbusError,),
        [
            bytes((at, 0)) + struct.pack(">HHHB", 1, 0, len(pdu) + 1, 1) + pdu
            for at, pdu in enumerate(ANSWERS)
        ],
        longest=1024,
    ),
    Target(
        "modbus_rtu",
        lambda data: _rtu(data.ljust(2, b"\0")),
        (ModbusError,),
        [bytes((at, 1, 1)) + pdu for at, pdu in enumerate(ANSWERS)],
        longest=1024,
    ),
    Target(
        "modbus_pdu",
        lambda data: _pdu(data.ljust(2, b"\0")),
        (ModbusError,),
        [bytes((at,)) + pdu for at, pdu in enumerate(ANSWERS)],
        longest=256,
    ),
    Target("modbus_words", _image, (), [bytes(range(256)) * 2], longest=1024),
)
