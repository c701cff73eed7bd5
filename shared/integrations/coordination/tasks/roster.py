"""The agents that tasks may be given to: what each can do, how much it has, and whose turn it is."""

import heapq
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sized
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

    agent_id: str
    profile: AgentProfile | None = None
    """None while nothing is known of it but the tasks it has."""
    online: bool = False
    deaf: bool = False
    """Whether it is there, but does not take on what it is given."""
    tasks: dict[str, str] = field(default_factory=dict)
    """Task types by task id."""
    by_type: Counter[str] = field(default_factory=Counter)
    turn: int = 0
    change: int = 0
    """Counts whatever moves it in a line of candidates."""

    def room_for(self, task_type: str) -> bool:
        """Whether it can take one more task of this type now."""
        profile = self.profile
        if profile is None or not self.online or self.deaf or profile.current_load >= profile.max_load:
            return False
        capability = capability_of(profile, task_type)
        return capability is not None and (
            capability.availability and self.by_type[task_type] < capability.max_concurrent_tasks
        )

    def standing(self, profile: AgentProfile, task_type: str) -> Standing:
        """Return what matters of it to a choice."""
        capability = capability_of(profile, task_type)
        slots = sum(each.max_concurrent_tasks for each in profile.capabilities) or 1
        load = max(profile.current_load / profile.max_load, len(self.tasks) / slots)
        return Standing(
            self.agent_id,
            load=min(load, 1.0),
            performance=profile.performance_score,
            skill=_skill(capability),
            breadth=len(profile.capabilities),
            turn=self.turn,
        )


Place = tuple[Rank, str, int]
"""Rank, agent, and the change of that agent which made it so."""


class Roster:
    """Who could do a task; one choice costs the same however many agents there are."""

    def __init__(self, policy: AssignmentPolicy = AssignmentPolicy.LEAST_LOADED) -> None:
        self._policy = policy
        self._rank: Callable[[Standing, int], Rank] = POLICIES[policy]
        self._members: dict[str, Member] = {}
        self._lines: dict[tuple[str, int], list[Place]] = {}
        self._turns = 0

    def note(self, profile: AgentProfile, *, online: bool) -> None:
        """Take down what an agent says of itself, and whether it is there."""
        member = self._member(profile.agent_id)
        member.profile, member.online = profile, online
        self._moved(member)

    def remove(self, agent_id: str) -> None:
        """Forget what an agent said of itself; the tasks that it has it has still."""
        member = self._member(agent_id)
        member.profile, member.online = None, False
        self._moved(member)

    def heard(self, agent_id: str, *, deaf: bool) -> None:
        """Note whether an agent takes on what it is given."""
        member = self._member(agent_id)
        if member.deaf != deaf:
            member.deaf = deaf
            self._moved(member)

    def took(self, agent_id: str, task_id: str, task_type: str) -> None:
        """Note that an agent has a task."""
        member = self._member(agent_id)
        if task_id in member.tasks:
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

    def is_known(self, agent_id: str) -> bool:
        """Whether there is an agent of that name."""
        member = self._members.get(agent_id)
        return member is not None and member.profile is not None

    def does(self, agent_id: str, task_type: str) -> bool:
        """Whether this agent, there or not, can do tasks of this type."""
        member = self._members.get(agent_id)
        return bool(member and member.profile and capability_of(member.profile, task_type))

    def is_online(self, agent_id: str) -> bool:
        """Whether an agent is known and there."""
        member = self._members.get(agent_id)
        return member is not None and member.online

    def knows(self, task_type: str) -> bool:
        """Whether any agent, there or not, can do tasks of this type."""
        return any(capability_of(profile, task_type) for profile in self._profiles())

    def task_types(self) -> list[str]:
        """Return the types of task that some agent can do."""
        return sorted({each.capability_name for one in self._profiles() for each in one.capabilities})

    def choose(self, task_type: str, priority: int, avoid: Collection[str] = ()) -> str | None:
        """Return the agent that the policy gives such a task to; None where none has room for it."""
        line = self._line(task_type, priority)
        kept: list[Place] = []
        chosen = None
        while line and chosen is None:
            entry = line[0]
            member = self._members.get(entry[1])
            if member is None or entry[2] != member.change:
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

    def _line(self, task_type: str, priority: int) -> list[Place]:
        if self._policy is not AssignmentPolicy.PRIORITY_WEIGHTED:
            priority = 0
        line = self._lines.get((task_type, priority))
        if line is None or self._is_outdated(line):
            line = self._new_line(task_type, priority)
            if line or self.knows(task_type):
                self._lines[task_type, priority] = line
        return line

    def _is_outdated(self, line: Sized) -> bool:
        return len(line) > _STALE_SHARE * len(self._members) + _STALE_SHARE

    def _new_line(self, task_type: str, priority: int) -> list[Place]:
        line = [self._place(member, task_type, priority) for member in self._members.values()]
        found = [place for place in line if place is not None]
        heapq.heapify(found)
        return found

    def _place(self, member: Member, task_type: str, priority: int) -> Place | None:
        if member.profile is None or not member.room_for(task_type):
            return None
        rank = self._rank(member.standing(member.profile, task_type), priority)
        return rank, member.agent_id, member.change

    def _moved(self, member: Member) -> None:
        """Put a member where it belongs now, in every line that it stands in."""
        member.change += 1
        for (task_type, priority), line in tuple(self._lines.items()):
            if self._is_outdated(line):
                del self._lines[task_type, priority]  # nobody has asked for it lately
                continue
            place = self._place(member, task_type, priority)
            if place is not None:
                heapq.heappush(line, place)

    def _member(self, agent_id: str) -> Member:
        member = self._members.get(agent_id)
        if member is None:
            member = self._members[agent_id] = Member(agent_id)
        return member

    def _profiles(self) -> Iterable[AgentProfile]:
        return (member.profile for member in self._members.values() if member.profile is not None)


def capability_of(profile: AgentProfile, task_type: str) -> AgentCapability | None:
    """Return what makes an agent able to do tasks of a type; None where it is not."""
    return next((each for each in profile.capabilities if each.capability_name == task_type), None)


def _skill(capability: AgentCapability | None) -> float:
    rate = capability.performance_metrics.get(SUCCESS_RATE, 1.0) if capability else 0.0
    if not isinstance(rate, int | float) or isinstance(rate, bool):
        return 1.0
    return min(max(rate / 100 if rate > 1 else rate, 0.0), 1.0)
