"""The agents that tasks may be given to: what each can do, how much it has, and whose turn it is."""

import heapq
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from integrations.messages import AgentCapability, AgentProfile

from .policies import POLICIES, AssignmentPolicy, Rank, Standing

SUCCESS_RATE = "success_rate"
"""The performance metric that says how often an agent does a kind of task well, 0 to 1 or in per cent."""
_STALE_SHARE = 4
"""A line of candidates is made anew when so much of it is outdated."""


@dataclass(slots=True)
class Member:
    """One agent and the tasks that it has."""

    profile: AgentProfile
    online: bool = True
    tasks: dict[str, str] = field(default_factory=dict)
    """Task types by task id."""
    by_type: Counter[str] = field(default_factory=Counter)
    turn: int = 0
    change: int = 0
    """Counts whatever moves it in a line of candidates."""

    def room_for(self, task_type: str) -> bool:
        """Whether it can take one more task of this type now."""
        if not self.online or self.profile.current_load >= self.profile.max_load:
            return False
        capability = capability_of(self.profile, task_type)
        return capability is not None and (
            capability.availability and self.by_type[task_type] < capability.max_concurrent_tasks
        )

    def standing(self, task_type: str) -> Standing:
        """Return what matters of it to a choice."""
        profile = self.profile
        capability = capability_of(profile, task_type)
        slots = sum(each.max_concurrent_tasks for each in profile.capabilities) or 1
        load = max(profile.current_load / profile.max_load, len(self.tasks) / slots)
        return Standing(
            profile.agent_id,
            load=min(load, 1.0),
            performance=profile.performance_score,
            skill=_skill(capability),
            breadth=len(profile.capabilities),
            turn=self.turn,
        )


class Roster:
    """Who could do a task; one choice costs the same however many agents there are."""

    def __init__(self, policy: AssignmentPolicy = AssignmentPolicy.LEAST_LOADED) -> None:
        self._policy = policy
        self._rank: Callable[[Standing, int], Rank] = POLICIES[policy]
        self._members: dict[str, Member] = {}
        self._lines: dict[tuple[str, int], list[tuple[Rank, str, int]]] = {}
        self._turns = 0

    def note(self, profile: AgentProfile, *, online: bool) -> None:
        """Take down what an agent says of itself, and whether it is there."""
        member = self._members.get(profile.agent_id)
        if member is None:
            member = self._members[profile.agent_id] = Member(profile, online)
        member.profile, member.online = profile, online
        self._moved(member)

    def remove(self, agent_id: str) -> None:
        """Forget an agent that is known no more."""
        self._members.pop(agent_id, None)

    def took(self, agent_id: str, task_id: str, task_type: str) -> None:
        """Note that an agent has a task."""
        member = self._members.get(agent_id)
        if member is None or task_id in member.tasks:
            return
        member.tasks[task_id] = task_type
        member.by_type[task_type] += 1
        self._turns += 1
        member.turn = self._turns
        self._moved(member)

    def released(self, agent_id: str, task_id: str) -> None:
        """Note that an agent has a task no more."""
        member = self._members.get(agent_id)
        task_type = member.tasks.pop(task_id, None) if member else None
        if member and task_type is not None:
            member.by_type[task_type] -= 1
            self._moved(member)

    def is_online(self, agent_id: str) -> bool:
        """Whether an agent is known and there."""
        member = self._members.get(agent_id)
        return member is not None and member.online

    def knows(self, task_type: str) -> bool:
        """Whether any agent, there or not, can do tasks of this type."""
        return any(capability_of(member.profile, task_type) for member in self._members.values())

    def task_types(self) -> list[str]:
        """Return the types of task that some agent can do."""
        return sorted(
            {each.capability_name for one in self._members.values() for each in one.profile.capabilities}
        )

    def choose(self, task_type: str, priority: int, avoid: Collection[str] = ()) -> str | None:
        """Return the agent that the policy gives such a task to; None where none has room for it."""
        line = self._line(task_type, priority)
        kept: list[tuple[Rank, str, int]] = []
        chosen = None
        while line and chosen is None:
            entry = line[0]
            member = self._members.get(entry[1])
            if member is None or entry[2] != member.change or not member.room_for(task_type):
                heapq.heappop(line)
            elif entry[1] in avoid:
                kept.append(heapq.heappop(line))
            else:
                chosen = entry[1]
        for entry in kept:
            heapq.heappush(line, entry)
        return chosen

    def may(self, agent_id: str, task_type: str) -> bool:
        """Whether this agent could take such a task now."""
        member = self._members.get(agent_id)
        return member is not None and member.room_for(task_type)

    def _line(self, task_type: str, priority: int) -> list[tuple[Rank, str, int]]:
        if self._policy is not AssignmentPolicy.PRIORITY_WEIGHTED:
            priority = 0
        line = self._lines.get((task_type, priority))
        if line is None or len(line) > _STALE_SHARE * len(self._members) + _STALE_SHARE:
            line = self._lines[task_type, priority] = self._new_line(task_type, priority)
        return line

    def _new_line(self, task_type: str, priority: int) -> list[tuple[Rank, str, int]]:
        line = [
            self._entry(member, task_type, priority)
            for member in self._members.values()
            if member.room_for(task_type)
        ]
        heapq.heapify(line)
        return line

    def _entry(self, member: Member, task_type: str, priority: int) -> tuple[Rank, str, int]:
        rank = self._rank(member.standing(task_type), priority)
        return rank, member.profile.agent_id, member.change

    def _moved(self, member: Member) -> None:
        """Put a member where it belongs now, in every line that it stands in."""
        member.change += 1
        names = {each.capability_name for each in member.profile.capabilities}
        for task_type, priority in self._lines_of(names):
            if member.room_for(task_type):
                heapq.heappush(self._lines[task_type, priority], self._entry(member, task_type, priority))

    def _lines_of(self, names: Collection[str]) -> Iterable[tuple[str, int]]:
        return [key for key in self._lines if key[0] in names]


def capability_of(profile: AgentProfile, task_type: str) -> AgentCapability | None:
    """Return what makes an agent able to do tasks of a type; None where it is not."""
    return next((each for each in profile.capabilities if each.capability_name == task_type), None)


def _skill(capability: AgentCapability | None) -> float:
    rate = capability.performance_metrics.get(SUCCESS_RATE, 1.0) if capability else 0.0
    if not isinstance(rate, int | float) or isinstance(rate, bool):
        return 1.0
    return min(max(rate / 100 if rate > 1 else rate, 0.0), 1.0)
