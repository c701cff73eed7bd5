"""What travels on the bus: subjects, readings, health, events, and their codecs; nothing here does I/O."""

from .codec import ContentType, DecodeError, EncodeError, decode, encode
from .errors import MessageError
from .events import Event, Severity
from .headers import Header
from .health import CircuitHealth, DeviceHealth, Health, HealthState
from .readings import CleanBatch, Origin, RawBatch, RawColumn
from .requests import CircuitReset, DeviceReading, DeviceRequest, Metrics, ReadReply
from .status import Qartod, Status, is_bad, is_good, is_uncertain
from .subjects import Subject, SubjectError, Subjects, check_token, parse_subject, token_from

__all__ = [
    "CircuitHealth",
    "CircuitReset",
    "CleanBatch",
    "ContentType",
    "DecodeError",
    "DeviceHealth",
    "DeviceReading",
    "DeviceRequest",
    "EncodeError",
    "Event",
    "Header",
    "Health",
    "HealthState",
    "MessageError",
    "Metrics",
    "Origin",
    "Qartod",
    "RawBatch",
    "RawColumn",
    "ReadReply",
    "Severity",
    "Status",
    "Subject",
    "SubjectError",
    "Subjects",
    "check_token",
    "decode",
    "encode",
    "is_bad",
    "is_good",
    "is_uncertain",
    "parse_subject",
    "token_from",
]
