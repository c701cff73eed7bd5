"""What goes wrong with tasks."""

from integrations.coordination.errors import CoordinationError
from integrations.messages import TaskStatus


class TaskError(CoordinationError):
    """Root of what goes wrong with tasks."""


class TransitionError(TaskError, ValueError):
    """A task cannot go from the status it has to the one that was wanted."""

    def __init__(self, task_id: str, before: TaskStatus, after: TaskStatus, reason: str = "") -> None:
        super().__init__(f"task {task_id} cannot go from {before} to {after}{reason and f': {reason}'}")
        self.task_id = task_id
        self.before = before
        self.after = after


class TaskRefusedError(TaskError, ValueError):
    """A task that cannot be submitted as it is; the text names field and value."""


class UnknownTaskError(TaskError, LookupError):
    """Nobody knows a task of this id."""
