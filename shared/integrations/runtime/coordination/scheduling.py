"""Tasks given out: one of the schedulers of the bus; of all replicas one acts, the others are ready to."""

from collections.abc import Mapping, Sequence

from integrations.coordination.tasks import Engine
from integrations.runtime.coordination.parts import Desk, Part

MANY = 10_000
"""Open tasks from which on the service says that it has trouble."""


class Scheduling(Part):
    """The scheduler."""

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

    async def work(self) -> None:
        """Schedule until cancelled."""
        await self._engine.work()

    def counts(self) -> Mapping[str, int | float]:
        """Return what it decided since its start, and how many tasks are not at their end."""
        decided = {f"tasks_{status}": count for status, count in self._engine.counts.items()}
        return {**decided, "tasks_admitted": self._engine.admitted, "tasks_open": len(self._engine.book)}

    def troubles(self) -> Sequence[str]:
        """Return that tasks pile up, where they do and it is ours to say so."""
        waiting = self._engine.book.waiting
        if self._engine.turn.ours.is_set() and waiting > MANY:
            return [f"{waiting} tasks wait for an agent"]
        return ()
