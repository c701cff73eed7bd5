"""Tasks and messages for agents that come and go: what was acknowledged, and what became of it."""

import asyncio
import time
import uuid
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from integrations.bus import Bus, OrderedConsumer, Publisher, replay
from integrations.coordination import Link, MessageBus
from integrations.coordination.tasks.desk import TaskDesk
from integrations.coordination.tasks.machine import ENDS
from integrations.messages import (
    AgentMessage,
    AgentTask,
    MessagePriority,
    MessageType,
    TaskRecord,
    TaskStatus,
    decode,
)

from .agents import NOTE, TASK_TYPE

SENDER = "GL-012"
PERIOD_SECONDS = 0.2
SETTLE_SECONDS = 180.0


@dataclass
class Dealings:
    """Tasks and messages that were acknowledged, by what became of them."""

    tasks: int = 0
    completed: int = 0
    failed: int = 0
    open: int = 0
    ended_twice: int = 0
    begun_again: int = 0
    messages: int = 0
    delivered: int = 0
    dead: int = 0
    missing: int = 0
    given_again: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def faultless(self) -> bool:
        """Whether each task has one outcome, and each message was delivered or is dead."""
        return not (self.open or self.ended_twice or self.missing)


class Office:
    """Hands out a task and a message to each agent, five times a second, until told that it is enough."""

    def __init__(self, bus: Bus, site: str, agents: list[str], logs: list[Path]) -> None:
        self.tasks: list[str] = []
        self.messages: list[str] = []
        self._bus = bus
        self._site = site
        self._agents = agents
        self._logs = logs
        self._ends: Counter[str] = Counter()
        self._status: dict[str, TaskStatus] = {}
        self._enough = asyncio.Event()

    def enough(self) -> None:
        """Hand out no more."""
        self._enough.set()

    async def run(self) -> None:
        """Hand out and watch, until cancelled."""
        async with Publisher(self._bus) as publisher, asyncio.TaskGroup() as group:
            group.create_task(self._hand_out(publisher))
            group.create_task(self._watch())

    async def _hand_out(self, publisher: Publisher) -> None:
        desk, mail = TaskDesk(self._bus, publisher), MessageBus(link=Link(self._bus, publisher, self._site))
        async with mail:
            while not self._enough.is_set():
                for agent_id in self._agents:
                    self.tasks.append(await desk.submit_task(_task()))
                    message = _message(agent_id)
                    await mail.publish(message)
                    self.messages.append(message.message_id)
                with suppress(TimeoutError):
                    async with asyncio.timeout(PERIOD_SECONDS):
                        await self._enough.wait()

    async def _watch(self) -> None:
        """Count how often each task came to an end."""
        async with OrderedConsumer(self._bus, "KV_gl_tasks", ["$KV.gl_tasks.*"]) as consumer:
            while True:
                for message in await consumer.chunk(1000, 2**24, 2**24):
                    if message.data:
                        record = decode(message.data, TaskRecord, "application/json")
                        self._status[record.task_id] = record.status
                        self._ends[record.task_id] += record.status in ENDS

    async def settled(self) -> Dealings:
        """Wait until all is settled, but not for ever; say what became of it."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            dealings = await self._look()
            if not (dealings.open or dealings.missing) or time.monotonic() > deadline:
                return dealings
            await asyncio.sleep(0.5)

    async def _look(self) -> Dealings:
        written = [line for log in self._logs if log.exists() for line in log.read_text().splitlines()]
        begun = Counter(line.partition(" ")[2] for line in written if line.startswith("task "))
        heard = Counter(line.partition(" ")[2] for line in written if line.startswith("message "))
        dead = await self._dead_messages() if set(self.messages) - set(heard) else set()
        statuses = Counter(self._status.get(task) for task in self.tasks)
        open_tasks = [task for task in self.tasks if not self._ends[task]]
        missing = [one for one in self.messages if one not in heard and one not in dead]
        return Dealings(
            tasks=len(self.tasks),
            completed=statuses[TaskStatus.COMPLETED],
            failed=statuses[TaskStatus.FAILED] + statuses[TaskStatus.CANCELLED],
            open=len(open_tasks),
            ended_twice=sum(self._ends[task] > 1 for task in self.tasks),
            begun_again=sum(count - 1 for count in begun.values()),
            messages=len(self.messages),
            delivered=sum(one in heard for one in self.messages),
            dead=len(dead),
            missing=len(missing),
            given_again=sum(count - 1 for count in heard.values()),
            examples=[f"open task {one}: {self._status.get(one)}" for one in open_tasks[:5]]
            + [f"missing message {one}" for one in missing[:5]],
        )

    async def _dead_messages(self) -> set[str]:
        found = [stored async for stored in replay(self._bus, "DEAD", f"gl.{self._site}.dead.>")]
        return {one for one in self.messages if any(one.encode() in stored.data for stored in found)}


def _task() -> AgentTask:
    return AgentTask(
        uuid.uuid4().hex, TASK_TYPE, SENDER, None, MessagePriority.NORMAL, TaskStatus.PENDING,
        datetime.now(UTC),
    )  # fmt: skip


def _message(agent_id: str) -> AgentMessage:
    return AgentMessage(
        message_id=uuid.uuid4().hex,
        sender_id=SENDER,
        recipient_id=agent_id,
        message_type=MessageType.NOTIFICATION,
        priority=MessagePriority.NORMAL,
        timestamp=datetime.now(UTC),
        payload={"action": NOTE},
    )
