"""The tasks that are not at their end, as the bucket has them, and what has to be done about them now.

Pure: what is decided here is a record to be written in place of another. Who writes it first has decided.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from integrations.messages import TaskRecord, TaskStatus

from . import machine
from .graph import Dependencies
from .machine import ASSIGNED, COMPLETED, IN_PROGRESS, PENDING
from .roster import Roster
from .store import Write
from .waiting import WaitingLines


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds what is expected may take."""

    accept: float = 30.0
    """An agent that is there takes on what it was given."""
    unknown_type: float = 30.0
    """Some agent turns up that can do a type of task."""
    missing_dependency: float = 30.0
    """A task turns up that another depends on."""
    unassigned: float = 3600.0
    """An agent that can do it has room for a task that has no deadline."""
    avoid: float = 30.0
    """An agent that gave a task back, or did not take it on, is not given it again so soon."""
    deaf: float = 60.0
    """An agent that did not take one on is given no other so soon, unless it takes on what it has."""


@dataclass(slots=True)
class Entry:
    """A task, and since when it is as it is (monotonic seconds)."""

    record: TaskRecord
    revision: int
    since: float

    @property
    def kind(self) -> tuple[str, str]:
        """What decides who may have it."""
        return self.record.task_type, self.record.wanted_agent or ""


class Book:
    """Mirror of the bucket's open tasks, with the agents that they are with."""

    def __init__(
        self,
        roster: Roster,
        patience: Patience = Patience(),
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.roster = roster
        self.patience = patience
        self.unchecked: dict[str, None] = {}
        """Tasks with dependencies that are not in this book: to be looked up, see `settle`."""
        self.judges_from = 0.0
        """From when on an agent that is not there counts as lost (monotonic seconds)."""
        self.workers: Collection[str] = ()
        """The lives of agents that go on; what any other was working on is lost."""
        self._clock = clock
        self._entries: dict[str, Entry] = {}
        self._dependencies = Dependencies()
        self._lines = WaitingLines()
        self._avoid: dict[str, dict[str, float]] = {}
        self._doomed: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._outstanding: dict[str, Write] = {}
        self._deaf: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, task_id: str) -> bool:
        return task_id in self._entries

    @property
    def waiting(self) -> int:
        """How many could begin, if somebody had room for them."""
        return len(self._lines)

    def by_status(self) -> Counter[TaskStatus]:
        """Return how many there are in each status."""
        return Counter(entry.record.status for entry in self._entries.values())

    def entries(self) -> list[Entry]:
        """Return all of them, oldest first."""
        return list(self._entries.values())

    def entry(self, task_id: str) -> Entry | None:
        """Return one of them; None where it is not open, or not known."""
        return self._entries.get(task_id)

    def note(self, record: TaskRecord, revision: int) -> bool:
        """Take down how a task is; False where that is known, or older than what is known."""
        known = self._entries.get(record.task_id)
        if known is not None and revision <= known.revision:
            return False
        if known is not None and known.record.assignee_id and _holder(known.record) != _holder(record):
            self.roster.released(known.record.assignee_id, record.task_id)
        if machine.ended(record):
            self._close(record)
        elif known is None:
            self._open(record, revision)
        else:
            if known.record.status is not record.status or known.record.attempt != record.attempt:
                known.since = self._clock()
                self._refused.pop(record.task_id, None)
            if record.status is PENDING and known.record.assignee_id and record.losses == known.record.losses:
                self.avoid(record.task_id, known.record.assignee_id)
            known.record, known.revision = record, revision
            self._outstanding.pop(record.task_id, None)
            self._place(known)
        return True

    def missing(self, task_id: str) -> frozenset[str]:
        """Return what a task waits for and this book does not have."""
        return frozenset(need for need in self._dependencies.needs(task_id) if need not in self._entries)

    def settle(self, task_id: str, found: TaskRecord | None, waiting_id: str) -> None:
        """Take down how a dependency of `waiting_id` is that is not open; None where nobody knows of it."""
        waiting = self._entries.get(waiting_id)
        if waiting is None or task_id in self._entries:
            return
        if found is not None and machine.ended(found):
            self._resolve(found)
        elif found is None and self._clock() - waiting.since > self.patience.missing_dependency:
            self._doomed[waiting_id] = f"dependency {task_id} does not exist"

    def avoid(self, task_id: str, agent_id: str) -> None:
        """Do not give a task to this agent for a while."""
        self._avoid.setdefault(task_id, {})[agent_id] = self._clock() + self.patience.avoid

    def forget(self, task_id: str) -> None:
        """Forget a task that was taken out of the bucket."""
        entry = self._entries.get(task_id)
        if entry is not None:
            if entry.record.assignee_id:
                self.roster.released(entry.record.assignee_id, task_id)
            self._drop(task_id)

    def refuse(self, task_id: str, reason: str) -> None:
        """Note that its assignee cannot do a task: it goes to another."""
        entry = self._entries.get(task_id)
        if entry is not None and entry.record.status is ASSIGNED:
            self._refused[task_id] = reason

    def assignment(self, task_id: str, now: datetime) -> Write | None:
        """Return who gets this task, where it waits for nothing but an agent and one has room."""
        entry = self._entries.get(task_id)
        if entry is None or not self._lines.has(entry.kind, task_id):
            return None
        agent = self._choose(entry.record, self._avoided(task_id))
        return self._given(entry, agent, now) if agent else None

    def assignments(self, now: datetime, most: int = 500) -> list[Write]:
        """Return who gets what, at most so much at a time; each takes place unless it is `withdrawn`."""
        blocked: set[tuple[str, str]] = set()
        held_back: list[Entry] = []
        writes: list[Write] = []
        while len(writes) < most and (first := self._lines.first(blocked)) is not None:
            kind, task_id = first
            entry = self._entries[task_id]
            avoid = self._avoided(task_id)
            agent = self._choose(entry.record, avoid)
            if agent is None and not avoid:
                blocked.add(kind)
                continue
            if agent is None:
                self._lines.leave(kind, task_id)
                held_back.append(entry)
                continue
            writes.append(self._given(entry, agent, now))
        for entry in held_back:
            self._place(entry)
        return writes

    def withdraw_all(self) -> None:
        """Take back every assignment of which is not known whether it was written down."""
        for write in tuple(self._outstanding.values()):
            self.withdrawn(write)

    def withdrawn(self, write: Write) -> None:
        """Take an assignment back that was not written down after all."""
        self._outstanding.pop(write.record.task_id, None)
        entry = self._entries.get(write.record.task_id)
        agent, assigned = write.record.assignee_id, write.record.status is ASSIGNED
        if assigned and agent and entry is not None and entry.revision == write.revision:
            self.roster.released(agent, write.record.task_id)
            self._place(entry)

    def doomed(self, now: datetime) -> list[Write]:
        """Return the ends of tasks whose dependencies will never be completed."""
        entries = [(self._entries.get(task_id), reason) for task_id, reason in self._doomed.items()]
        return [Write(machine.fail(it.record, reason, now), it.revision) for it, reason in entries if it]

    def overdue(self, now: datetime) -> list[Write]:
        """Return what becomes of tasks that nobody takes, or whose agent does nothing about them any more."""
        for agent in [agent for agent, until in self._deaf.items() if until <= self._clock()]:
            self._heard(agent)
        return [*self._untaken(now), *self._left_lying(now)]

    def _open(self, record: TaskRecord, revision: int) -> None:
        entry = self._entries[record.task_id] = Entry(record, revision, self._clock())
        if record.dependencies and record.status is PENDING and record.attempt == 0:
            cycle = self._dependencies.add(record.task_id, record.dependencies)
            if cycle:
                text = f"cyclic dependencies: {' → '.join(cycle)}"
                self._doomed.update(dict.fromkeys(cycle, text))
            if self.missing(record.task_id):
                self.unchecked[record.task_id] = None
        self._place(entry)

    def _close(self, record: TaskRecord) -> None:
        self._drop(record.task_id)
        self._resolve(record)

    def _drop(self, task_id: str) -> None:
        entry = self._entries.pop(task_id, None)
        if entry is not None:
            self._lines.leave(entry.kind, task_id)
        self._dependencies.drop(task_id)
        for notes in (self._avoid, self._doomed, self._refused, self._outstanding, self.unchecked):
            notes.pop(task_id, None)

    def _resolve(self, record: TaskRecord) -> None:
        """Free, or doom, what waited for a task that is at its end."""
        if record.status is COMPLETED:
            for task_id in self._dependencies.completed(record.task_id):
                self.unchecked.pop(task_id, None)
                if task_id in self._entries:
                    self._place(self._entries[task_id])
            return
        for task_id in self._dependencies.wanted_by(record.task_id):
            reason = f": {record.error}" if record.error else ""
            self._doomed.setdefault(task_id, f"dependency {record.task_id} {record.status}{reason}")

    def _place(self, entry: Entry) -> None:
        """Put a task where it belongs: into a line, or with its agent."""
        record = entry.record
        if record.status is PENDING:
            if not self._dependencies.needs(record.task_id):
                since = record.steps[0].time.timestamp() if record.steps else 0.0
                self._lines.line(entry.kind).join(record.task_id, record.priority, since)
            return
        self._lines.leave(entry.kind, record.task_id)
        if record.assignee_id:
            self.roster.took(record.assignee_id, record.task_id, record.task_type)
            if record.status is IN_PROGRESS:
                self._heard(record.assignee_id)

    def _untaken(self, now: datetime) -> Iterator[Write]:
        for (task_type, wanted), line in self._lines.items():
            known = self.roster.does(wanted, task_type) if wanted else self.roster.knows(task_type)
            limit = self.patience.unassigned if known else self.patience.unknown_type
            for entry in map(self._entries.__getitem__, line):
                if self._clock() - entry.since > limit and not (known and entry.record.deadline):
                    yield Write(
                        machine.fail(entry.record, self._nobody(entry.record, known), now), entry.revision
                    )

    def _nobody(self, record: TaskRecord, known: bool) -> str:
        kind, wanted = f"task_type {record.task_type}", record.wanted_agent
        if known:
            who = wanted or "no agent that can do it"
            return f"{who} had no room for {kind} in {self.patience.unassigned:g} s"
        if wanted and self.roster.is_known(wanted):
            return f"{wanted} does not do {kind}"
        if wanted:
            return f"assignee_id {wanted} is no agent that was ever seen"
        return f"no agent knows {kind}; known are {', '.join(self.roster.task_types()) or 'none'}"

    def _left_lying(self, now: datetime) -> Iterator[Write]:
        for entry in self._entries.values():
            if entry.record.status not in {ASSIGNED, IN_PROGRESS}:
                continue
            if refusal := self._refused.get(entry.record.task_id):
                yield Write(machine.give_back(entry.record, refusal, now, lost=False), entry.revision)
            elif trouble := self._trouble(entry):
                yield Write(machine.give_back(entry.record, trouble, now, lost=True), entry.revision)

    def _trouble(self, entry: Entry) -> str:
        """Return why the assignee of a task has to be given up; empty where it has not."""
        record, agent = entry.record, entry.record.assignee_id or "nobody"
        if not self.roster.is_online(agent):
            return f"{agent} is lost" if self._clock() >= self.judges_from else ""
        if record.status is IN_PROGRESS and record.worker and record.worker not in self.workers:
            return f"{agent} was ended, or started again" if self._clock() >= self.judges_from else ""
        if record.status is ASSIGNED and self._clock() - entry.since > self.patience.accept:
            self.avoid(record.task_id, agent)
            self._deaf[agent] = self._clock() + self.patience.deaf
            self.roster.heard(agent, deaf=True)
            return f"{agent} did not take it on in {self.patience.accept:g} s"
        return ""

    def _heard(self, agent: str) -> None:
        """Give an agent tasks again that did not take them on."""
        if self._deaf.pop(agent, None) is not None:
            self.roster.heard(agent, deaf=False)

    def _given(self, entry: Entry, agent: str, now: datetime) -> Write:
        task_id = entry.record.task_id
        self._lines.leave(entry.kind, task_id)
        self.roster.took(agent, task_id, entry.record.task_type)
        write = self._outstanding[task_id] = Write(machine.assign(entry.record, agent, now), entry.revision)
        return write

    def _choose(self, record: TaskRecord, avoid: set[str]) -> str | None:
        wanted = record.wanted_agent
        if wanted is None:
            return self.roster.choose(record.task_type, record.priority, avoid)
        return wanted if wanted not in avoid and self.roster.may(wanted, record.task_type) else None

    def _avoided(self, task_id: str) -> set[str]:
        until = self._avoid.get(task_id)
        return {agent for agent, end in until.items() if end > self._clock()} if until else set()


def _holder(record: TaskRecord) -> tuple[str | None, int]:
    """Who has a task, and by which assignment; nobody once it has ended."""
    return (None, 0) if machine.ended(record) else (record.assignee_id, record.attempt)
