"""How an agent is chosen for a task: each policy is a rank, and the lowest rank gets the task."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

LEVELS = 5


@dataclass(slots=True)
class Standing:
    """What of an agent matters to a choice."""

    agent_id: str
    load: float = 0.0
    """Share of what it can take, 0 to 1."""
    performance: float = 100.0
    """0 to 100."""
    skill: float = 1.0
    """How often it does this kind of task well, 0 to 1."""
    breadth: int = 1
    """Kinds of task it knows."""
    turn: int = 0
    """When it was last given a task, counted in tasks."""


Rank = tuple[float, ...]


class AssignmentPolicy(StrEnum):
    """The policies by name."""

    ROUND_ROBIN = "round_robin"
    LEAST_LOADED = "least_loaded"
    CAPABILITY_BASED = "capability_based"
    PRIORITY_WEIGHTED = "priority_weighted"


def round_robin(agent: Standing, _priority: int) -> Rank:
    """Whoever has waited longest for a task."""
    return (agent.turn,)


def least_loaded(agent: Standing, _priority: int) -> Rank:
    """Whoever has most room; of those, who performs best, then who has waited longest."""
    return (agent.load, -agent.performance, agent.turn)


def capability_based(agent: Standing, _priority: int) -> Rank:
    """Whoever does this kind of task best; of those a specialist, then who has most room."""
    return (-agent.skill, -agent.performance, agent.breadth, agent.load, agent.turn)


def priority_weighted(agent: Standing, priority: int) -> Rank:
    """The more urgent, the more performance counts; the less urgent, the more room does."""
    urgency = (LEVELS - priority) / (LEVELS - 1)
    merit = urgency * agent.performance / 100 + (1 - urgency) * (1 - agent.load)
    return (-merit, agent.load, agent.turn)


POLICIES: dict[AssignmentPolicy, Callable[[Standing, int], Rank]] = {
    AssignmentPolicy.ROUND_ROBIN: round_robin,
    AssignmentPolicy.LEAST_LOADED: least_loaded,
    AssignmentPolicy.CAPABILITY_BASED: capability_based,
    AssignmentPolicy.PRIORITY_WEIGHTED: priority_weighted,
}
