"""The life of a task: which status may follow which, and a step that says so for each change.

Pure: a change makes a new record out of the present one, and whoever writes that down first has made it.
"""

from datetime import datetime
from typing import Any

from msgspec import structs

from integrations.messages import MAX_STEPS, AgentTask, TaskRecord, TaskStatus, TaskStep

from .errors import TransitionError

PENDING, ASSIGNED, IN_PROGRESS = TaskStatus.PENDING, TaskStatus.ASSIGNED, TaskStatus.IN_PROGRESS
COMPLETED, FAILED, CANCELLED = TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED

ENDS = frozenset({COMPLETED, FAILED, CANCELLED})
"""What is one of these stays so."""
NEXT: dict[TaskStatus, frozenset[TaskStatus]] = {
    PENDING: frozenset({ASSIGNED, FAILED, CANCELLED}),
    ASSIGNED: frozenset({PENDING, IN_PROGRESS, COMPLETED, FAILED, CANCELLED}),
    IN_PROGRESS: frozenset({PENDING, COMPLETED, FAILED, CANCELLED}),
    **dict.fromkeys(ENDS, frozenset()),
}
MAX_TEXT = 4096


def ended(record: TaskRecord) -> bool:
    """Whether the task has its outcome."""
    return record.status in ENDS


def admit(task: AgentTask | TaskRecord, now: datetime, max_losses: int = 3) -> TaskRecord:
    """Return the first record of a task, whatever its sender says about how far it is.

    An assignee that it names is the only agent that may have it.
    """
    return TaskRecord(
        task_id=task.task_id,
        task_type=task.task_type,
        requester_id=task.requester_id,
        priority=task.priority,
        status=PENDING,
        created_at=task.created_at,
        deadline=task.deadline,
        parameters=task.parameters,
        dependencies=list(dict.fromkeys(task.dependencies)),
        wanted_agent=task.assignee_id,
        max_losses=max_losses,
        steps=[TaskStep(before=None, after=PENDING, time=now, agent_id=task.requester_id)],
    )


def assign(record: TaskRecord, agent_id: str, now: datetime) -> TaskRecord:
    """Give a waiting task to an agent: another attempt begins."""
    return _moved(record, ASSIGNED, now, agent_id, assignee_id=agent_id, attempt=record.attempt + 1)


def accept(record: TaskRecord, worker: str | None, now: datetime) -> TaskRecord:
    """Have the assignee begin; `worker` says which life of it."""
    return _moved(record, IN_PROGRESS, now, record.assignee_id, started_at=now, worker=worker)


def advance(record: TaskRecord, share: float) -> TaskRecord:
    """Note how much of a task in progress is done, 0 to 1."""
    if record.status is not IN_PROGRESS:
        raise TransitionError(record.task_id, record.status, IN_PROGRESS, "only what is begun makes progress")
    return structs.replace(record, progress=min(max(share, 0.0), 1.0))


def complete(record: TaskRecord, result: Any, now: datetime) -> TaskRecord:
    """End a task well."""
    return _moved(record, COMPLETED, now, record.assignee_id, completed_at=now, result=result, progress=1.0)


def fail(record: TaskRecord, error: str, now: datetime) -> TaskRecord:
    """End a task badly; `error` says why."""
    return _moved(record, FAILED, now, record.assignee_id, error, completed_at=now, error=error[:MAX_TEXT])


def cancel(record: TaskRecord, reason: str, now: datetime) -> TaskRecord:
    """End a task because nobody wants it any more."""
    return _moved(
        record, CANCELLED, now, record.assignee_id, reason, completed_at=now, error=reason[:MAX_TEXT]
    )


def give_back(record: TaskRecord, reason: str, now: datetime, *, lost: bool) -> TaskRecord:
    """Take a task from its assignee: it waits for another, or fails once it was `lost` too often."""
    if record.status not in {ASSIGNED, IN_PROGRESS}:
        raise TransitionError(record.task_id, record.status, PENDING)
    losses = record.losses + lost
    if losses > record.max_losses:
        failed = fail(record, f"{reason}; {losses} attempts were lost, no more are made", now)
        return structs.replace(failed, losses=losses)
    return _moved(
        record, PENDING, now, record.assignee_id, reason,
        assignee_id=None, started_at=None, worker=None, progress=None, losses=losses,
    )  # fmt: skip


def _moved(
    record: TaskRecord,
    after: TaskStatus,
    now: datetime,
    agent_id: str | None,
    reason: str = "",
    **changes: Any,
) -> TaskRecord:
    if after not in NEXT[record.status]:
        raise TransitionError(record.task_id, record.status, after)
    step = TaskStep(before=record.status, after=after, time=now, agent_id=agent_id, reason=reason[:MAX_TEXT])
    return structs.replace(record, status=after, steps=[*record.steps, step][-MAX_STEPS:], **changes)
