"""Tasks: work that one agent wants done and another does."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, field

from .agent_fields import MAX_DEPENDENCIES, AgentChecked, JsonObject, JsonValue, Text, Time
from .agents import MessagePriority
from .fields import SCHEMA_VERSION, Token, Version


class TaskStatus(StrEnum):
    """How far a task is; the last three are its end."""

    PENDING = "pending"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class AgentTask(AgentChecked, frozen=True):
    """A piece of work, from its submission to its one outcome."""

    task_id: Token
    task_type: Token
    requester_id: Token
    assignee_id: Token | None
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
    """Tasks that have to be completed before this one may begin."""
    schema: Version = SCHEMA_VERSION
