"""What is written down of a task while it lives: the task itself, who works on it, and every step so far."""

from collections.abc import Iterable
from datetime import UTC
from typing import Annotated

from msgspec import Meta, Struct, convert, field, structs

from .agent_fields import MAX_DEPENDENCIES, JsonObject, JsonValue, Text, Time, in_utc
from .agents import MessagePriority
from .fields import SCHEMA_VERSION, Count, Token, Version
from .tasks import AgentTask, TaskStatus

MAX_STEPS = 50
"""Steps kept of a task; the oldest make room."""
_TIMES = ("created_at", "started_at", "completed_at", "deadline")
Share = Annotated[float, Meta(ge=0, le=1)]


class TaskStep(Struct, frozen=True, kw_only=True):
    """A task went from one status to another, at a time and for a reason."""

    before: TaskStatus | None
    """Null for its first."""
    after: TaskStatus
    time: Time
    agent_id: Token | None = None
    """Whose doing it was, or who got it."""
    reason: Text = ""

    def __post_init__(self) -> None:
        """Bring the time to UTC."""
        _to_utc(self, ("time",))


class TaskRecord(Struct, frozen=True, kw_only=True):
    """The value of a task in the bucket gl_tasks: an AgentTask, and what became of it so far.

    It is replaced by compare-and-set only. `attempt` counts assignments: what an agent says of an attempt
    holds for as long as that is the last.
    """

    task_id: Token
    task_type: Token
    requester_id: Token
    assignee_id: Token | None = None
    priority: MessagePriority
    status: TaskStatus
    created_at: Time
    started_at: Time | None = None
    completed_at: Time | None = None
    deadline: Time | None = None
    parameters: JsonObject = field(default_factory=dict)
    result: JsonValue = None
    error: Text | None = None
    dependencies: Annotated[list[Token], Meta(max_length=MAX_DEPENDENCIES)] = field(default_factory=list)
    attempt: Count = 0
    wanted_agent: Token | None = None
    """The only agent that may have it; null for any that can."""
    worker: Token | None = None
    """Which life of the assignee works on it; an agent that was started again is another."""
    losses: Count = 0
    """Attempts that ended because an agent was lost or did not answer."""
    max_losses: Count = 3
    progress: Share | None = None
    steps: Annotated[list[TaskStep], Meta(max_length=MAX_STEPS)] = field(default_factory=list)
    schema: Version = SCHEMA_VERSION

    def __post_init__(self) -> None:
        """Bring all times to UTC."""
        _to_utc(self, _TIMES)

    @property
    def task(self) -> AgentTask:
        """The task as its users know it."""
        return convert({name: getattr(self, name) for name in AgentTask.__struct_fields__}, AgentTask)


class TaskDispatch(Struct, frozen=True, kw_only=True):
    """Payload of the COMMAND that hands a task to an agent: the record, and its revision in gl_tasks."""

    action: Token
    revision: Count
    record: TaskRecord


class WorkerSign(Struct, frozen=True, kw_only=True):
    """One life of an agent that does tasks goes on; once this is gone, what it was doing goes to others."""

    agent_id: Token
    task_types: list[Token] = field(default_factory=list)
    """Those it does: an agent may be able to do more than it does as tasks."""
    schema: Version = SCHEMA_VERSION


def _to_utc(struct: Struct, names: Iterable[str]) -> None:
    """Bring times to UTC: one without an offset cannot be compared, and not every offset can be taken off."""
    for name in names:
        time = getattr(struct, name)
        if time is not None and time.tzinfo is not UTC:
            structs.force_setattr(struct, name, in_utc(time))
