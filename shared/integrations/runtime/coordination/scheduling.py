"""Tasks given out: one of the schedulers of the bus; of all replicas one acts, the others are ready to."""

from collections.abc import Mapping, Sequence

from integrations.bus import Endpoint
from integrations.coordination.tasks import Engine, TaskDesk
from integrations.coordination.tasks.machine import ENDS, NEXT
from integrations.messages import Severity, TaskRecord, TaskStatus
from integrations.runtime.coordination.parts import Desk, Part
from integrations.runtime.coordination.tasks_asked import TasksAsked
from integrations.runtime.metrics import catalogue
from integrations.runtime.metrics.metric import Measures, Values, alone

MANY = 10_000
"""Waiting tasks from which on the service says that it has trouble."""


class Scheduling(Part):
    """The scheduler; a task that fails is an event too."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._engine = Engine(
            desk.bus,
            desk.publisher,
            instance=desk.identity.instance,
            site=desk.plant.site,
            policy=desk.plant.tasks.policy,
            patience=desk.plant.tasks.patience,
        )
        self._engine.endings.observers.append(self._tell)
        self._asked = TasksAsked(self._engine, TaskDesk(desk.bus, desk.publisher))

    def endpoints(self) -> Sequence[Endpoint]:
        """Return what can be asked about tasks."""
        return self._asked.endpoints()

    async def work(self) -> None:
        """Schedule until cancelled."""
        await self._engine.work()

    def counts(self) -> Mapping[str, int | float]:
        """Return what became of tasks while it was its turn, and how many are not at their end."""
        counts = [*self._engine.counts.items(), *self._engine.endings.counts.items()]
        became = {f"tasks_{what}": count for what, count in counts}
        return {**became, "tasks_admitted": self._engine.admitted, "tasks_open": len(self._engine.book)}

    def measures(self) -> Measures:
        """Return the same as metrics."""
        engine, ends = self._engine, self._engine.endings.counts
        return {
            catalogue.TASKS_ADMITTED: alone(lambda: engine.admitted),
            catalogue.TASKS_ASSIGNED: alone(lambda: engine.counts["assigned"]),
            catalogue.TASKS_GIVEN_BACK: alone(lambda: engine.counts["given_back"]),
            catalogue.TASKS_ENDED: lambda: [(ends[end], {"status": end.value}) for end in ENDS],
            catalogue.TASKS_OPEN: self._open,
        }

    def troubles(self) -> Sequence[str]:
        """Return that tasks pile up, where they do and it is ours to say so."""
        waiting = self._engine.book.waiting
        if self._engine.turn.ours.is_set() and waiting > MANY:
            return [f"{waiting} tasks wait for an agent"]
        return ()

    def _open(self) -> Values:
        counts = self._engine.book.by_status()
        return [(counts[status], {"status": status.value}) for status in NEXT if status not in ENDS]

    def _tell(self, record: TaskRecord) -> None:
        if record.status is not TaskStatus.FAILED:
            return
        self.desk.events.tell_once(
            f"task-{record.task_id}-failed",
            record.task_id,
            "task_failed",
            f"task {record.task_id} ({record.task_type}) failed: {record.error}",
            Severity.WARNING,
            task_type=record.task_type,
            requester=record.requester_id,
            agent=record.assignee_id,
            attempt=record.attempt,
        )
