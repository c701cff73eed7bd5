"""What may be wrong with a sample, what that means elsewhere, and what it costs: flags and scores."""

from integrations.messages import Flag

from .flags import (
    WITHOUT_VALUE,
    Flags,
    Statuses,
    issues,
    names,
    qartod_from_flags,
    status_from_flags,
    words,
)
from .scoring import BEST_SCORE, SIMULATED_CAP, UNCERTAIN_CAP, VALID_FROM, score, weights_row

__all__ = [
    "BEST_SCORE",
    "SIMULATED_CAP",
    "UNCERTAIN_CAP",
    "VALID_FROM",
    "WITHOUT_VALUE",
    "Flag",
    "Flags",
    "Statuses",
    "issues",
    "names",
    "qartod_from_flags",
    "score",
    "status_from_flags",
    "weights_row",
    "words",
]
