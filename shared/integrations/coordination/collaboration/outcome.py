"""What a collaboration comes to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from integrations.messages import CollaborationOutcome

from .scoring import Scored, consensus


@dataclass(frozen=True, slots=True)
class Decision:
    """How a collaboration ended; `missing` and `declined` name agents and say why in words."""

    outcome: CollaborationOutcome
    reason: str = ""
    winner: Scored | None = None
    scores: tuple[Scored, ...] = ()
    votes: Mapping[str, int] = field(default_factory=dict)
    """Approvals less rejections, by proposal; those that nobody voted on are left out."""
    missing: Mapping[str, str] = field(default_factory=dict)
    declined: Mapping[str, str] = field(default_factory=dict)


Votes = Mapping[str, Mapping[str, bool]]
"""Whether each voter approves, by agent and proposal."""


def decide(
    scores: Sequence[Scored], votes: Votes, missing: Mapping[str, str], declined: Mapping[str, str]
) -> Decision:
    """Return what is decided: most approvals less rejections win, the higher score among equals."""
    counts = {one.proposal_id: 0 for one in scores}
    voted_on = {proposal_id for each in votes.values() for proposal_id in each}
    for each in votes.values():
        for proposal_id, approves in each.items():
            counts[proposal_id] += 1 if approves else -1
    agree = consensus([one.score for one in scores])
    return Decision(
        CollaborationOutcome.CONSENSUS if agree else CollaborationOutcome.NO_CONSENSUS,
        winner=max(scores, key=lambda one: (counts[one.proposal_id], one.score), default=None),
        scores=tuple(scores),
        votes={proposal_id: count for proposal_id, count in counts.items() if proposal_id in voted_on},
        missing=missing,
        declined=declined,
    )
