"""Tasks: what waits for what, who does what, and one outcome each."""

from .book import Patience
from .desk import TaskDesk
from .engine import Engine
from .errors import TaskError, TaskRefusedError, TransitionError, UnknownTaskError
from .policies import AssignmentPolicy
from .recurrence import ScheduleError, TaskSchedule
from .scheduler import TaskScheduler

__all__ = [
    "AssignmentPolicy",
    "Engine",
    "Patience",
    "ScheduleError",
    "TaskDesk",
    "TaskError",
    "TaskRefusedError",
    "TaskSchedule",
    "TaskScheduler",
    "TransitionError",
    "UnknownTaskError",
]
