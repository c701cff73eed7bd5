"""Modbus over TCP, serial RTU and RTU over TCP: register tables, planned requests, decode, polls."""

from .decode import Decoder, decode
from .encode import EncodeError, Encoder, encode
from .endpoint import ModbusEndpoint, Transport
from .errors import (
    AddressRefusedError,
    CannotConnectError,
    ConnectionLostError,
    ExceptionCode,
    ExceptionResponseError,
    GarbageError,
    GatewayError,
    LineBusyError,
    ModbusError,
    ModbusTimeoutError,
    UnitBusyError,
    UnitSilentError,
    WrongLengthError,
    WrongTransactionError,
    WrongUnitError,
)
from .layout import Layout
from .line import ModbusLine
from .lines import ModbusLines
from .planner import Span, plan
from .registers import ByteOrder, Function, Register, RegisterType
from .table import RegisterTable, read_registers
from .unit import ModbusUnit, UnitPoll

INT16 = RegisterType.INT16
UINT16 = RegisterType.UINT16
INT32 = RegisterType.INT32
UINT32 = RegisterType.UINT32
INT64 = RegisterType.INT64
UINT64 = RegisterType.UINT64
FLOAT32 = RegisterType.FLOAT32
FLOAT64 = RegisterType.FLOAT64
STRING = RegisterType.STRING
ABCD = ByteOrder.ABCD
CDAB = ByteOrder.CDAB
BADC = ByteOrder.BADC
DCBA = ByteOrder.DCBA

__all__ = [
    "ABCD",
    "BADC",
    "CDAB",
    "DCBA",
    "FLOAT32",
    "FLOAT64",
    "INT16",
    "INT32",
    "INT64",
    "STRING",
    "UINT16",
    "UINT32",
    "UINT64",
    "AddressRefusedError",
    "ByteOrder",
    "CannotConnectError",
    "ConnectionLostError",
    "Decoder",
    "EncodeError",
    "Encoder",
    "ExceptionCode",
    "ExceptionResponseError",
    "Function",
    "GarbageError",
    "GatewayError",
    "Layout",
    "LineBusyError",
    "ModbusEndpoint",
    "ModbusError",
    "ModbusLine",
    "ModbusLines",
    "ModbusTimeoutError",
    "ModbusUnit",
    "Register",
    "RegisterTable",
    "RegisterType",
    "Span",
    "Transport",
    "UnitBusyError",
    "UnitPoll",
    "UnitSilentError",
    "WrongLengthError",
    "WrongTransactionError",
    "WrongUnitError",
    "decode",
    "encode",
    "plan",
    "read_registers",
]
