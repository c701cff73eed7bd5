"""What the coordination service is asked about tasks, and what it answers."""

from typing import Annotated

from msgspec import Meta, Struct, field

from .agent_fields import Text
from .fields import SCHEMA_VERSION, Token, Version
from .task_records import TaskRecord
from .tasks import TaskStatus

MAX_LISTED_TASKS = 1000


class TasksRequest(Struct, frozen=True, kw_only=True):
    """Which tasks are meant: one by its id, or those that are open, by id in order and in pages."""

    task_id: Token | None = None
    """That one, ended or not; nothing else counts then."""
    status: TaskStatus | None = None
    after: Token | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_LISTED_TASKS)] = 100


class TaskList(Struct, frozen=True, kw_only=True):
    """Answer of `tasks`: records as they are written down."""

    tasks: list[TaskRecord] = field(default_factory=list)
    next_after: Token | None = None
    """What `after` has to be for the next page; None where this is the last."""
    schema: Version = SCHEMA_VERSION


class TaskCancellation(Struct, frozen=True, kw_only=True):
    """A task is not to be done any more."""

    task_id: Token
    reason: Text = "cancelled"


class TaskAnswer(Struct, frozen=True, kw_only=True):
    """Answer of `submit_task` and `cancel_task`."""

    task_id: Token
    done: bool
    """Whether what was asked took effect: a task that had ended before cannot be cancelled."""
    schema: Version = SCHEMA_VERSION
