"""Tasks as an agent has to do with them: those it does, and a desk for those that others do for it."""

import contextlib
from collections.abc import AsyncIterator, Iterable

from integrations.coordination.errors import NotRunningError
from integrations.coordination.link import Link
from integrations.coordination.presence.performance import Performance
from integrations.messages import AgentCapability, check_token

from .desk import TaskDesk
from .worker import TaskHandler, TaskWorker


class AgentTasks:
    """The worker and the desk of one agent."""

    def __init__(self, agent_id: str, performance: Performance) -> None:
        self.worker = TaskWorker(agent_id, performance)
        self._places = 0
        self._desk: TaskDesk | None = None

    def register(
        self,
        task_type: str,
        handler: TaskHandler,
        capability: AgentCapability | None,
        capabilities: list[AgentCapability],
    ) -> None:
        """Have a handler do tasks of a type; what is said of it in `capabilities` is added where it lacks."""
        check_token("task_type", task_type)
        if capability is None:
            capability = _named(task_type, capabilities) or AgentCapability(task_type, "", {}, {})
        elif capability.capability_name != task_type:
            raise ValueError(f"capability_name must be {task_type!r}, got {capability.capability_name!r}")
        capabilities[:] = [*(each for each in capabilities if each.capability_name != task_type), capability]
        self._places += capability.max_concurrent_tasks
        self.worker.register(task_type, handler, capability.max_concurrent_tasks)

    @property
    def desk(self) -> TaskDesk:
        """Where tasks are submitted and looked after."""
        if self._desk is None:
            raise NotRunningError("an agent has a desk for tasks between start() and stop()")
        return self._desk

    def load(self) -> tuple[int, int]:
        """Return how many places for tasks are taken, and how many there are."""
        return self.worker.busy, self._places

    @contextlib.asynccontextmanager
    async def open(self, link: Link) -> AsyncIterator[None]:
        """Do tasks and have a desk while entered."""
        self._desk = TaskDesk(link.bus, link.publisher)
        async with self.worker.open(link):
            yield


def _named(name: str, capabilities: Iterable[AgentCapability]) -> AgentCapability | None:
    return next((each for each in capabilities if each.capability_name == name), None)
