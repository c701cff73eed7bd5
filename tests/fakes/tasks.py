"""Tasks as tests submit them, agents that do them, and what became of both."""

import asyncio
from collections import Counter
from datetime import UTC, datetime

from fakes.agents import SOON, agent
from integrations import AgentTask, MessageBus, MessagePriority, TaskStatus
from integrations.bus import BusSettings
from integrations.coordination.tasks import Patience, TaskScheduler
from integrations.messages import AgentCapability

HASTY = Patience(accept=2.0, unknown_type=1.0, missing_dependency=1.0, unassigned=30.0, avoid=0.5, deaf=1.0)


def a_task(task_id, task_type="report", *, priority=3, assignee=None, requester="GL-003", **more):
    return AgentTask(
        task_id, task_type, requester, assignee, MessagePriority(priority), TaskStatus.PENDING,
        datetime.now(UTC), **more,
    )  # fmt: skip


class Doing:
    """A task handler that counts how often it did each task, and waits where it is told to."""

    def __init__(self, hold=False):
        self.begun = Counter()
        self.done = Counter()
        self.order = []
        self.at_once = self.most_at_once = 0
        self.go = asyncio.Event()
        if not hold:
            self.go.set()

    async def __call__(self, task):
        self.begun[task.task_id] += 1
        self.order.append(task.task_id)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.go.wait()
        finally:
            self.at_once -= 1
        self.done[task.task_id] += 1
        if error := task.parameters.get("error"):
            raise ValueError(error)
        return {"by": task.assignee_id, **task.parameters}


def doer(url, agent_id, doing, *, most=10, task_type="report", settings=SOON):
    """Return an agent that does tasks."""
    found = agent(url, agent_id, settings=settings)
    found.register_task_handler(task_type, doing, AgentCapability(task_type, "", {}, {}, True, most))
    return found


def scheduler(url, policy="least_loaded", patience=HASTY):
    """Return a scheduler with a connection of its own, and that connection."""
    bus = MessageBus(BusSettings(url=url), name="scheduler")
    return TaskScheduler(bus, policy, patience), bus
