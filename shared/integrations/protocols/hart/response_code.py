"""Response codes: the first status byte of an answer.

Source: HART Command Response Code Specification, HCF_SPEC-307 (FCG TS20307); communication errors:
HCF_SPEC-99 (FCG TS20099), §7.
"""

from enum import IntEnum

from .errors import (
    CommandRefusedError,
    DelayedResponseConflictError,
    DelayedResponseDeadError,
    DelayedResponseError,
    DeviceBusyError,
    HartError,
    NoFieldDeviceError,
    ResponseCodeError,
    TooFewBytesError,
    TransmissionError,
    UnsupportedCommandError,
)

COMMUNICATION_ERROR = 0x80
NO_FIELD_DEVICE = 0x84


class ResponseCode(IntEnum):
    """Codes with one meaning in every command; 9 to 15, 24 to 29 and 65 to 111 differ from one to another."""

    SUCCESS = 0
    UNDEFINED = 1
    INVALID_SELECTION = 2
    PARAMETER_TOO_LARGE = 3
    PARAMETER_TOO_SMALL = 4
    TOO_FEW_DATA_BYTES = 5
    DEVICE_SPECIFIC_ERROR = 6
    WRITE_PROTECTED = 7
    UPDATE_FAILURE = 8
    """A warning of the commands that read measured values: these are not of the last measuring cycle."""
    ACCESS_RESTRICTED = 16
    INVALID_DEVICE_VARIABLE = 17
    INVALID_UNITS_CODE = 18
    DEVICE_VARIABLE_NOT_ALLOWED = 19
    INVALID_EXTENDED_COMMAND = 20
    INVALID_IO_CARD = 21
    INVALID_CHANNEL = 22
    SUB_DEVICE_RESPONSE_TOO_LONG = 23
    RESPONSE_TRUNCATED = 30
    BUSY = 32
    DELAYED_RESPONSE_INITIATED = 33
    DELAYED_RESPONSE_RUNNING = 34
    DELAYED_RESPONSE_DEAD = 35
    DELAYED_RESPONSE_CONFLICT = 36
    PAYLOAD_TOO_LONG = 60
    NO_BUFFERS_AVAILABLE = 61
    NO_ALARM_BUFFERS_AVAILABLE = 62
    PRIORITY_TOO_LOW = 63
    COMMAND_NOT_IMPLEMENTED = 64


WARNINGS = frozenset({8, 14, *range(24, 28), 30, 31, *range(96, 128)})
WAIT_CODES = frozenset(
    {
        ResponseCode.BUSY,
        ResponseCode.DELAYED_RESPONSE_INITIATED,
        ResponseCode.DELAYED_RESPONSE_RUNNING,
        ResponseCode.DELAYED_RESPONSE_CONFLICT,
    }
)
"""Codes after which the same request, sent again a little later, brings the answer."""

_KINDS: dict[int, type[ResponseCodeError]] = {
    **dict.fromkeys((2, 3, 4, 7, *range(16, 24), 60), CommandRefusedError),
    ResponseCode.TOO_FEW_DATA_BYTES: TooFewBytesError,
    ResponseCode.BUSY: DeviceBusyError,
    ResponseCode.DELAYED_RESPONSE_INITIATED: DelayedResponseError,
    ResponseCode.DELAYED_RESPONSE_RUNNING: DelayedResponseError,
    ResponseCode.DELAYED_RESPONSE_DEAD: DelayedResponseDeadError,
    ResponseCode.DELAYED_RESPONSE_CONFLICT: DelayedResponseConflictError,
    ResponseCode.COMMAND_NOT_IMPLEMENTED: UnsupportedCommandError,
}

_COMMUNICATION_BITS = {
    0x40: "vertical parity",
    0x20: "overrun",
    0x10: "framing",
    0x08: "longitudinal parity",
    0x04: "communication failure",
    0x02: "buffer overflow",
}
_NAMES = {int(code): code.name.replace("_", " ").lower() for code in ResponseCode}


def is_error(code: int) -> bool:
    """Whether an answer with this code carries no valid data; warnings do."""
    return code != ResponseCode.SUCCESS and code not in WARNINGS


def code_error(code: int, *, place: str = "", command: int | None = None) -> HartError:
    """Return the error that a code stands for, communication errors included."""
    kind: type[HartError]
    if code == NO_FIELD_DEVICE:
        kind, what = NoFieldDeviceError, f"no field device there, communication error 0x{code:02x}"
    elif code & COMMUNICATION_ERROR:
        bits = ", ".join(name for bit, name in _COMMUNICATION_BITS.items() if code & bit) or "undefined"
        kind, what = TransmissionError, f"communication error 0x{code:02x} ({bits})"
    else:
        kind = _KINDS.get(code, ResponseCodeError)
        what = f"response code {code} ({_NAMES.get(code, 'meaning depends on the command')})"
    return kind(what, place=place, command=command, code=code)
