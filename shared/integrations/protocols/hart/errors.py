"""Everything that goes wrong with HART, each with its name, its place and the status its values get."""

from typing import ClassVar, Self

from integrations.messages.status import Status
from integrations.protocols.errors import ProtocolConnectionError, ProtocolError, ProtocolTimeoutError


class HartError(ProtocolError):
    """Root of the room; says on which link, of which device and for which command, where these are known."""

    status: Status = Status.BAD_COMMUNICATION_ERROR
    """Status of the values that were not read because of it."""
    is_refusal: ClassVar[bool] = False
    """Whether the device is well and merely does not do this command."""

    def __init__(
        self, what: str, *, place: str = "", command: int | None = None, code: int | None = None
    ) -> None:
        where = ", ".join(filter(None, (place, "" if command is None else f"command {command}")))
        super().__init__(f"{where}: {what}" if where else what)
        self.what = what
        self.place = place
        self.command = command
        self.code = code

    def at(self, place: str, command: int | None = None) -> Self:
        """Return the same error with its place, which those who decode bytes don't know."""
        return type(self)(self.what, place=place, command=command, code=self.code)


class FrameError(HartError, ValueError):
    """Bytes that are no HART message, or not the answer they claim to be."""

    status = Status.BAD_DECODING_ERROR


class ChecksumError(FrameError):
    """The check byte of a PDU is wrong."""


class HartTimeoutError(HartError, ProtocolTimeoutError):
    """No complete answer came in time."""

    status = Status.BAD_TIMEOUT


class CannotConnectError(HartError, ProtocolConnectionError):
    """The gateway could not be reached."""

    status = Status.BAD_NO_COMMUNICATION


class SessionRefusedError(CannotConnectError):
    """The gateway answered and gives no session; `code` is its status."""


class UnsupportedVersionError(SessionRefusedError):
    """The gateway speaks another version of HART-IP."""

    status = Status.BAD_CONFIGURATION_ERROR


class ConnectionLostError(HartError, ProtocolConnectionError):
    """The session ended before the answer."""

    status = Status.BAD_NO_COMMUNICATION


class LinkBusyError(HartError):
    """Too many requests already wait for the link."""


class GatewayStatusError(HartError):
    """The gateway itself declined a message: `code` is the status of its HART-IP header."""


class WrongDeviceError(HartError):
    """Another device answered than was asked."""


class WrongCommandError(HartError):
    """The answer is to another command than was asked."""


class TransmissionError(HartError):
    """The answer's first status byte says that communication failed: `code` has bit 7 set."""


class NoFieldDeviceError(TransmissionError):
    """The gateway found no device at the address."""

    status = Status.BAD_NO_COMMUNICATION


class ResponseCodeError(HartError):
    """The device declined a command: `code` is its response code."""

    status = Status.BAD_DEVICE_FAILURE


class CommandRefusedError(ResponseCodeError):
    """The device does not do this command, or not with this data."""

    status = Status.BAD_CONFIGURATION_ERROR
    is_refusal = True


class TooFewBytesError(CommandRefusedError):
    """Response code 5: the request had too few data bytes."""


class UnsupportedCommandError(CommandRefusedError):
    """Response code 64: the device does not know the command."""


class DeviceBusyError(ResponseCodeError):
    """Response code 32: the device was busy for as long as one was ready to wait."""

    status = Status.BAD_COMMUNICATION_ERROR


class DelayedResponseError(ResponseCodeError, ProtocolTimeoutError):
    """Response codes 33 and 34: the answer was still being prepared when patience ended."""

    status = Status.BAD_TIMEOUT


class DelayedResponseDeadError(ResponseCodeError):
    """Response code 35: the device gave up on an answer it had promised."""


class DelayedResponseConflictError(ResponseCodeError):
    """Response code 36: the device prepared another answer for as long as one was ready to wait."""

    status = Status.BAD_COMMUNICATION_ERROR
