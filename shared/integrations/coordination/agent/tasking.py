"""What an agent has for tasks: its own that others do, and those of others that it does."""

from integrations.coordination.tasks.part import AgentTasks
from integrations.coordination.tasks.worker import TaskHandler
from integrations.messages import AgentCapability


class Tasking:
    """An agent that does tasks and has them done; a part of AgentCoordinator."""

    tasks: AgentTasks
    """`tasks.desk` submits tasks and looks after them, `tasks.worker` does those of others."""
    capabilities: list[AgentCapability]

    def register_task_handler(
        self, task_type: str, handler: TaskHandler, capability: AgentCapability | None = None
    ) -> None:
        """Have tasks of a type done by `handler`, plain or async: it gets the AgentTask, returns the result.

        `capability` is what the others see of it, `max_concurrent_tasks` at a time; else ten are.
        """
        self.tasks.register(task_type, handler, capability, self.capabilities)
        self.show_soon()

    def show_soon(self) -> None:
        """Let the others see soon what has changed of us."""
        raise NotImplementedError
