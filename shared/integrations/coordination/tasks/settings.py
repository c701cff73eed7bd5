"""How tasks are given out: what an operator decides."""

from typing import Annotated

from msgspec import Meta

from integrations.configuration import Checked

from .book import Patience
from .policies import AssignmentPolicy

Seconds = Annotated[float, Meta(gt=0, le=7 * 24 * 3600)]


class TaskSettings(Checked, frozen=True):
    """Table `[tasks]` of the plant's file."""

    policy: AssignmentPolicy = AssignmentPolicy.LEAST_LOADED
    accept_seconds: Seconds = 30.0
    """How long an agent that is there may take to take on what it was given."""
    unknown_type_seconds: Seconds = 30.0
    """How long a task waits for the first agent that can do its type."""
    missing_dependency_seconds: Seconds = 30.0
    """How long a task waits for one that it depends on to be submitted."""
    unassigned_seconds: Seconds = 3600.0
    """How long a task without a deadline waits for an agent that has room."""

    @property
    def patience(self) -> Patience:
        """The same, as a scheduler is told."""
        return Patience(
            self.accept_seconds,
            self.unknown_type_seconds,
            self.missing_dependency_seconds,
            self.unassigned_seconds,
        )
