"""HART over IP: a codec without I/O, links shared by the devices of one server, polls and bursts.

Reading a device:

    link = HartLinks.current().acquire(HartEndpoint(host="10.0.0.7", transport=Transport.TCP))
    device = HartDevice(link, Address.polling(0))     # or Address.parse("39fd95266f"), or a tag: "FT-101"
    poll = await device.poll()                        # poll.names, .values, .status, .units, .time_ns
    identity = await device.identity()
    await HartLinks.current().release(link)

`poll.names` are the `quantities` asked for, by default QUANTITIES: pv, sv, tv, qv, loop_current, percent.
`await device.listen(callback)` hands on bursts until it is cancelled.
"""

from .additional_status import AdditionalStatus
from .address import BROADCAST, Address
from .commands import ANSWERS, Answer, Command, decode_answer
from .device import HartDevice
from .device_status import DeviceStatus, ExtendedStatus, device_wide_status, quantity_status, variable_status
from .direct import DirectAnswer, DirectCommand, decode_direct_answer, decode_direct_request, encode_direct
from .endpoint import HART_IP_PORT, HartEndpoint, Transport
from .errors import (
    CannotConnectError,
    ChecksumError,
    CommandRefusedError,
    ConnectionLostError,
    DelayedResponseConflictError,
    DelayedResponseDeadError,
    DelayedResponseError,
    DeviceBusyError,
    FrameError,
    GatewayStatusError,
    HartError,
    HartTimeoutError,
    LinkBusyError,
    NoFieldDeviceError,
    ResponseCodeError,
    SessionRefusedError,
    TooFewBytesError,
    TransmissionError,
    UnsupportedCommandError,
    UnsupportedVersionError,
    WrongCommandError,
    WrongDeviceError,
)
from .frame import Frame, FrameType, Reply, decode_frame, request_frame
from .header import Message, MessageId, MessageStream, MessageType, decode_message
from .identity import Identity
from .link import HartLink, Request
from .links import HartLinks
from .poll import QUANTITIES, HartPoll
from .response_code import ResponseCode, code_error, is_error
from .session_terms import MasterType, SessionStatus, SessionTerms
from .texts import LongTag, MessageText, OutputInformation, TagDescriptorDate
from .unit_codes import UNITS, unit_text
from .variables import DeviceVariables, DynamicVariables, LoopCurrent, PrimaryVariable, Slot, Variable

__all__ = [
    "ANSWERS",
    "BROADCAST",
    "HART_IP_PORT",
    "QUANTITIES",
    "UNITS",
    "AdditionalStatus",
    "Address",
    "Answer",
    "CannotConnectError",
    "ChecksumError",
    "Command",
    "CommandRefusedError",
    "ConnectionLostError",
    "DelayedResponseConflictError",
    "DelayedResponseDeadError",
    "DelayedResponseError",
    "DeviceBusyError",
    "DeviceStatus",
    "DeviceVariables",
    "DirectAnswer",
    "DirectCommand",
    "DynamicVariables",
    "ExtendedStatus",
    "Frame",
    "FrameError",
    "FrameType",
    "GatewayStatusError",
    "HartDevice",
    "HartEndpoint",
    "HartError",
    "HartLink",
    "HartLinks",
    "HartPoll",
    "HartTimeoutError",
    "Identity",
    "LinkBusyError",
    "LongTag",
    "LoopCurrent",
    "MasterType",
    "Message",
    "MessageId",
    "MessageStream",
    "MessageText",
    "MessageType",
    "NoFieldDeviceError",
    "OutputInformation",
    "PrimaryVariable",
    "Reply",
    "Request",
    "ResponseCode",
    "ResponseCodeError",
    "SessionRefusedError",
    "SessionStatus",
    "SessionTerms",
    "Slot",
    "TagDescriptorDate",
    "TooFewBytesError",
    "TransmissionError",
    "Transport",
    "UnsupportedCommandError",
    "UnsupportedVersionError",
    "Variable",
    "WrongCommandError",
    "WrongDeviceError",
    "code_error",
    "decode_answer",
    "decode_direct_answer",
    "decode_direct_request",
    "decode_frame",
    "decode_message",
    "device_wide_status",
    "encode_direct",
    "is_error",
    "quantity_status",
    "request_frame",
    "unit_text",
    "variable_status",
]
