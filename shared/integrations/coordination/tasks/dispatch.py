"""What a scheduler says to agents: here is a task; a task of yours has ended."""

from datetime import datetime
from typing import Any

from integrations.bus import Outgoing
from integrations.messages import (
    AgentMessage,
    ContentType,
    Header,
    MessagePriority,
    MessageType,
    TaskRecord,
    encode,
    inbox_subject,
)
from integrations.messages.json_values import MAX_JSON_BYTES

SCHEDULER_ID = "task-scheduler"
"""Sender of all that schedulers say, whichever of them says it."""
DO_TASK = "do_task"
"""Action of the COMMAND that hands a task to an agent."""
TASK_ENDED = "task_ended"
"""Action of the NOTIFICATION to the agent that wanted a task done."""
DISPATCH_TTL_SECONDS = 60
ENDED_TTL_SECONDS = 24 * 3600


def message_id(task_id: str, attempt: int) -> str:
    """Return the id of the message that hands over an attempt: the same whoever sends it, however often."""
    return f"{task_id}-{attempt}"


def task_of(message_id_: str) -> str:
    """Return the task that a message with such an id hands over."""
    return message_id_.rpartition("-")[0]


def dispatch(record: TaskRecord, revision: int, now: datetime) -> Outgoing:
    """Return the mail that hands a task to its assignee; `revision` is that of the assignment."""
    payload = {"action": DO_TASK, "revision": revision, "record": record}
    return _mail(
        message_id(record.task_id, record.attempt),
        record.assignee_id or "",
        MessageType.COMMAND,
        record.priority,
        now,
        payload,
        DISPATCH_TTL_SECONDS,
    )


def ended(record: TaskRecord, now: datetime) -> Outgoing:
    """Return the mail that tells a requester how its task ended; a result too large for that is left out."""
    payload = {
        "action": TASK_ENDED,
        "task_id": record.task_id,
        "status": record.status,
        "result": record.result,
        "error": record.error,
    }
    if len(encode(payload)) > MAX_JSON_BYTES:
        payload |= {"result": None, "result_left_out": True}
    return _mail(
        f"{record.task_id}-ended",
        record.requester_id,
        MessageType.NOTIFICATION,
        record.priority,
        now,
        payload,
        ENDED_TTL_SECONDS,
    )


def _mail(
    id_: str,
    recipient: str,
    kind: MessageType,
    priority: MessagePriority,
    now: datetime,
    payload: dict[str, Any],
    ttl_seconds: int,
) -> Outgoing:
    # an AgentMessage field by field: what records hold was checked when they were made
    values = (id_, SCHEDULER_ID, recipient, kind, priority, now, payload)
    body = dict(zip(AgentMessage.__struct_fields__, values, strict=False)) | {"ttl": ttl_seconds}
    headers = {
        Header.CONTENT_TYPE.value: ContentType.JSON.value,
        Header.TTL.value: f"{ttl_seconds}s",
    }
    subject = inbox_subject(recipient, priority)
    return Outgoing(subject, encode(body), headers, f"{recipient}.{id_}", lane=id_, full_is_final=True)
