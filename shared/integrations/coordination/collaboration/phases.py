"""Where a collaboration stands, and each of those who were asked."""

from enum import StrEnum


class Phase(StrEnum):
    """Where a collaboration stands; see ARCHITECTURE.md for the way between them."""

    INVITED = "invited"
    """Nobody has accepted or proposed yet."""
    COLLECTING = "collecting"
    SCORED = "scored"
    """Proposals are closed and scored; votes are still taken."""
    PUBLISHED = "published"
    FAILED = "failed"
    """Over without a single proposal, or given up by who asked."""


OPEN = frozenset({Phase.INVITED, Phase.COLLECTING})
"""Phases in which proposals are taken."""
ENDED = frozenset({Phase.PUBLISHED, Phase.FAILED})


class Participation(StrEnum):
    """Where one of those who were asked stands."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    PROPOSED = "proposed"
    LOST = "lost"
    """Went away, or is known to nobody; counts again as soon as it is heard."""
