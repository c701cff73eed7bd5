"""What may be wrong with a sample, what that means elsewhere, and what it costs: flags and scores."""

from integrations.messages import Flag

from .flags import (
    WITHOUT_VALUE,
    Statuses,
    issues,
    names,
    ne107_from_flags,
    qartod_from_flags,
    status_from_flags,
    words,
)
from .masks import Flags, distinct
from .meanings import MEANINGS, Dimension, Ne107
from .scoring import (
    BEST_SCORE,
    SIMULATED_CAP,
    UNCERTAIN_CAP,
    VALID_FROM,
    dimension_scores,
    score,
    score_of,
    weights_row,
)

__all__ = [
    "BEST_SCORE",
    "MEANINGS",
    "SIMULATED_CAP",
    "UNCERTAIN_CAP",
    "VALID_FROM",
    "WITHOUT_VALUE",
    "Dimension",
    "Flag",
    "Flags",
    "Ne107",
    "Statuses",
    "dimension_scores",
    "distinct",
    "issues",
    "names",
    "ne107_from_flags",
    "qartod_from_flags",
    "score",
    "score_of",
    "status_from_flags",
    "weights_row",
    "words",
]
