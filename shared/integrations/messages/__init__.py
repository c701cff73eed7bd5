"""What travels on the bus: subjects, readings, health, events, and their codecs; nothing here does I/O."""

from .agent_fields import BROADCAST, MAX_AGENT_BYTES, ROLE_PREFIX, TooLargeError, in_utc
from .agent_subjects import (
    BROADCAST_SUBJECT,
    AgentSubject,
    ask_subject,
    collaboration_subject,
    deadline_subject,
    due_subject,
    heartbeat_subject,
    inbox_subject,
    parse_agent_subject,
    reply_subject,
    role_subject,
    schedule_subject,
    task_subject,
)
from .agents import (
    AgentCapability,
    AgentHeartbeat,
    AgentMessage,
    AgentProfile,
    AgentRole,
    MessagePriority,
    MessageType,
)
from .codec import ContentType, DecodeError, EncodeError, decode, encode
from .collaboration import (
    CollaborationAnswer,
    CollaborationInvitation,
    CollaborationOutcome,
    CollaborationProposal,
    CollaborationResult,
    CollaborationStep,
    CollaborationVote,
)
from .errors import MessageError
from .events import Event, Severity
from .fields import Origin
from .flags import Flag
from .headers import Header
from .health import CircuitHealth, DeviceHealth, Health, HealthState
from .json_values import plain_json
from .raw_template import RawTemplate
from .readings import CleanBatch, RawBatch, RawColumn
from .requests import CircuitReset, DeviceReading, DeviceRequest, Metrics, ReadReply, WriteReply, WriteRequest
from .state import StateEntry
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
from .task_records import MAX_STEPS, TaskDispatch, TaskRecord, TaskStep
from .tasks import AgentTask, TaskStatus

__all__ = [
    "BROADCAST",
    "BROADCAST_SUBJECT",
    "MAX_AGENT_BYTES",
    "MAX_STEPS",
    "PARTITIONS",
    "ROLE_PREFIX",
    "AgentCapability",
    "AgentHeartbeat",
    "AgentMessage",
    "AgentProfile",
    "AgentRole",
    "AgentSubject",
    "AgentTask",
    "CircuitHealth",
    "CircuitReset",
    "CleanBatch",
    "CollaborationAnswer",
    "CollaborationInvitation",
    "CollaborationOutcome",
    "CollaborationProposal",
    "CollaborationResult",
    "CollaborationStep",
    "CollaborationVote",
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
    "MessagePriority",
    "MessageType",
    "Metrics",
    "Origin",
    "Qartod",
    "RawBatch",
    "RawColumn",
    "RawTemplate",
    "ReadReply",
    "Severity",
    "StateEntry",
    "Status",
    "Subject",
    "SubjectError",
    "Subjects",
    "TaskDispatch",
    "TaskRecord",
    "TaskStatus",
    "TaskStep",
    "TooLargeError",
    "WriteReply",
    "WriteRequest",
    "ask_subject",
    "check_token",
    "collaboration_subject",
    "deadline_subject",
    "decode",
    "due_subject",
    "encode",
    "heartbeat_subject",
    "in_utc",
    "inbox_subject",
    "is_bad",
    "is_good",
    "is_uncertain",
    "parse_agent_subject",
    "parse_subject",
    "partition_of",
    "plain_json",
    "reply_subject",
    "role_subject",
    "schedule_subject",
    "split_stored",
    "task_subject",
    "token_from",
]
