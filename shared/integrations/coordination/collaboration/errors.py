"""What goes wrong when agents decide together."""

from integrations.coordination.errors import CoordinationError


class CollaborationError(CoordinationError):
    """Root of what goes wrong in a collaboration."""


class TermsError(CollaborationError, ValueError):
    """What is asked of the participants cannot be; the text names the field and what was given."""


class StepRefusedError(CollaborationError):
    """A step that the collaboration does not take: from whom, and why not."""
