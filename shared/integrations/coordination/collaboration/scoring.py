"""How good each proposal is, and whether they agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .terms import Constraint, Goal, Objective, is_number

FULL = 100.0
VIOLATION_COSTS = 20.0
AGREEMENT_PERCENT = 80
"""So many of the proposals must score so many percent of the best."""
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an agent proposes: numbers by metric, and whatever else it says."""

    agent_id: str
    proposal_id: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scored:
    """A proposal with its score, 0 to 100; the objectives' part of it, and what it violates in words."""

    agent_id: str
    proposal_id: str
    score: float
    objective_score: float
    violations: tuple[str, ...] = ()


def score_proposals(
    proposals: Sequence[Proposal], objectives: Sequence[Objective], constraints: Sequence[Constraint]
) -> list[Scored]:
    """Return every proposal scored, the best first; of equals, in the order in which they came.

    The objectives' part is their weighted mean: 100 for the best value among the proposals (for the target
    itself, where there is one) and less in proportion to the distance from it, down to 0. It is 100 where
    there are no objectives, and 0 for an objective that a proposal says nothing about. Each violated
    constraint then costs 20.
    """
    parts = [_objective_scores(objective, proposals) for objective in objectives]
    weight = sum(objective.weight for objective in objectives)
    scored = []
    for at, proposal in enumerate(proposals):
        weighed = sum(each.weight * part[at] for each, part in zip(objectives, parts, strict=True))
        reached = weighed / weight if objectives else FULL
        violated = tuple(str(each) for each in constraints if not each.holds(_value(proposal, each.metric)))
        total = max(0.0, reached - VIOLATION_COSTS * len(violated))
        scored.append(Scored(proposal.agent_id, proposal.proposal_id, total, reached, violated))
    return sorted(scored, key=lambda one: -one.score)


def consensus(scores: Sequence[float]) -> bool:
    """Whether at least 80 % of the proposals score at least 80 % of the best; never without proposals."""
    if not scores:
        return False
    enough = max(scores) * AGREEMENT_PERCENT / 100 - ROUNDING
    agreeing = sum(score >= enough for score in scores)
    return agreeing * 100 >= AGREEMENT_PERCENT * len(scores)


def _objective_scores(objective: Objective, proposals: Sequence[Proposal]) -> list[float]:
    values = [_value(proposal, objective.metric) for proposal in proposals]
    known = [value for value in values if value is not None]
    best = _best(objective, known)
    scale = objective.scale or abs(best) or max((abs(value) for value in known), default=0.0)

    def one(value: float | None) -> float:
        if value is None:
            return 0.0
        distance = abs(value - best)
        return FULL * max(0.0, 1.0 - distance / scale) if distance else FULL

    return [one(value) for value in values]


def _best(objective: Objective, known: Sequence[float]) -> float:
    if objective.goal is Goal.TARGET:
        return objective.target or 0.0
    choose = max if objective.goal is Goal.MAXIMIZE else min
    return choose(known, default=0.0)


def _value(proposal: Proposal, metric: str) -> float | None:
    value = proposal.values.get(metric)
    return float(value) if is_number(value) and abs(float(value)) < float("inf") else None
