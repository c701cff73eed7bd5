"""What travels on the bus: subjects, readings, health, events, and their codecs; nothing here does I/O."""

from .codec import ContentType, DecodeError, EncodeError, decode, encode
from .errors import MessageError
from .events import Event, Severity
from .fields import Origin
from .flags import Flag
from .headers import Header
from .health import CircuitHealth, DeviceHealth, Health, HealthState
from .raw_template import RawTemplate
from .readings import CleanBatch, RawBatch, RawColumn
from .requests import CircuitReset, DeviceReading, DeviceRequest, Metrics, ReadReply, WriteReply, WriteRequest
from .status import Qartod, Status, is_bad, is_good, is_uncertain
from .subjects import (
    PARTITIONS,
    Subject,
    SubjectError,
    Subjects,
    check_token,
    parse_subject,
    partition_of,
    split_stored,
    token_from,
)

__all__ = [
    "PARTITIONS",
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
    "Flag",
    "Header",
    "Health",
    "HealthState",
    "MessageError",
    "Metrics",
    "Origin",
    "Qartod",
    "RawBatch",
    "RawColumn",
    "RawTemplate",
    "ReadReply",
    "Severity",
    "Status",
    "Subject",
    "SubjectError",
    "Subjects",
    "WriteReply",
    "WriteRequest",
    "check_token",
    "decode",
    "encode",
    "is_bad",
    "is_good",
    "is_uncertain",
    "parse_subject",
    "partition_of",
    "split_stored",
    "token_from",
]
