"""Everything that goes wrong on a Modbus line, each with its name, its place and the status its values get.

Source of the exception codes: MODBUS Application Protocol Specification V1.1b3, §7.
"""

import logging
from enum import IntEnum
from typing import ClassVar

from integrations.messages.status import Status
from integrations.protocols.errors import ProtocolConnectionError, ProtocolError, ProtocolTimeoutError

from .planner import Span

# Every fault it would print is raised here by name; a framer's word on stderr would only come on top.
logging.getLogger("pymodbus").setLevel(logging.CRITICAL)


class ModbusError(ProtocolError):
    """Root of the room; says on which line, of which unit and for which addresses."""

    status: Status = Status.BAD_COMMUNICATION_ERROR
    """Status of the values that were not read because of it."""
    is_refusal: ClassVar[bool] = False
    """Whether the unit is well and merely does not give these addresses."""
    ends_poll: bool = True
    """Whether asking the unit for more at this moment is pointless."""

    def __init__(self, what: str, *, line: str, unit: int | None = None, span: Span | None = None) -> None:
        place = line if unit is None else f"{line} unit {unit}"
        super().__init__(f"{place}{f', {span}' if span else ''}: {what}")
        self.what = what
        self.line = line
        self.unit = unit
        self.span = span


class ModbusTimeoutError(ModbusError, ProtocolTimeoutError):
    """No complete answer came in time."""

    status = Status.BAD_TIMEOUT


class UnitSilentError(ModbusTimeoutError):
    """The unit was not asked: it was silent just before, and its neighbours would have waited with it."""


class CannotConnectError(ModbusError, ProtocolConnectionError):
    """The connection or serial port could not be opened."""

    status = Status.BAD_NO_COMMUNICATION


class ConnectionLostError(ModbusError, ProtocolConnectionError):
    """The connection ended before the answer."""

    status = Status.BAD_NO_COMMUNICATION


class LineBusyError(ModbusError):
    """Too many requests already wait for the line."""


class WrongUnitError(ModbusError):
    """Another unit answered than was asked."""


class WrongTransactionError(ModbusError):
    """The answer carries a transaction id that was not asked."""


class GarbageError(ModbusError):
    """Bytes came that are no Modbus answer to the request."""

    ends_poll = False


class WrongLengthError(ModbusError):
    """The answer has too few, too many or no registers, and yet claims to be one."""

    status = Status.BAD_CONFIGURATION_ERROR
    is_refusal = True
    ends_poll = False


class ExceptionCode(IntEnum):
    """Exception codes by the names of the specification."""

    ILLEGAL_FUNCTION = 0x01
    ILLEGAL_DATA_ADDRESS = 0x02
    ILLEGAL_DATA_VALUE = 0x03
    SERVER_DEVICE_FAILURE = 0x04
    ACKNOWLEDGE = 0x05
    SERVER_DEVICE_BUSY = 0x06
    NEGATIVE_ACKNOWLEDGE = 0x07
    MEMORY_PARITY_ERROR = 0x08
    GATEWAY_PATH_UNAVAILABLE = 0x0A
    GATEWAY_TARGET_DEVICE_FAILED_TO_RESPOND = 0x0B


class ExceptionResponseError(ModbusError):
    """The unit, or the gateway before it, answered with an exception code."""

    status = Status.BAD_DEVICE_FAILURE
    ends_poll = False

    def __init__(self, code: int, *, line: str, unit: int, span: Span) -> None:
        name = ExceptionCode(code).name.replace("_", " ").lower() if code in set(ExceptionCode) else "unknown"
        super().__init__(f"exception {code} ({name})", line=line, unit=unit, span=span)
        self.code = code


class AddressRefusedError(ExceptionResponseError):
    """Exceptions 1, 2 and 3: the unit knows no such function, address or quantity."""

    status = Status.BAD_CONFIGURATION_ERROR
    is_refusal = True


class UnitBusyError(ExceptionResponseError):
    """Exceptions 5 and 6: the unit is at work on something else; ask again later."""

    status = Status.BAD_COMMUNICATION_ERROR
    ends_poll = True


class GatewayError(ExceptionResponseError):
    """Exceptions 10 and 11: the gateway cannot reach the unit."""

    status = Status.BAD_NO_COMMUNICATION
    ends_poll = True


_KINDS: dict[int, type[ExceptionResponseError]] = {
    ExceptionCode.ILLEGAL_FUNCTION: AddressRefusedError,
    ExceptionCode.ILLEGAL_DATA_ADDRESS: AddressRefusedError,
    ExceptionCode.ILLEGAL_DATA_VALUE: AddressRefusedError,
    ExceptionCode.ACKNOWLEDGE: UnitBusyError,
    ExceptionCode.SERVER_DEVICE_BUSY: UnitBusyError,
    ExceptionCode.GATEWAY_PATH_UNAVAILABLE: GatewayError,
    ExceptionCode.GATEWAY_TARGET_DEVICE_FAILED_TO_RESPOND: GatewayError,
}


def exception_response(code: int, *, line: str, unit: int, span: Span) -> ExceptionResponseError:
    """Return the error that an exception code stands for."""
    return _KINDS.get(code, ExceptionResponseError)(code, line=line, unit=unit, span=span)
