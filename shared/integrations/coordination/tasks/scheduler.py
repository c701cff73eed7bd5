"""TaskScheduler: tasks submitted, given to agents, and followed to their one outcome."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

import structlog
from nats import errors

from integrations.bus import REPLICA_BUCKET, stream_configs
from integrations.coordination.errors import NotRunningError
from integrations.coordination.life import Life, Startable
from integrations.coordination.link import Link, keeping, sizes
from integrations.coordination.message_bus import MessageBus
from integrations.messages import AgentTask, Event, Severity, Subjects, TaskStatus, encode

from .book import Patience
from .desk import TaskDesk
from .engine import Engine
from .policies import AssignmentPolicy
from .recurrence import TaskSchedule

log = structlog.get_logger(__name__)

SERVICE = "task-scheduler"
"""Who tells that a scheduler has ended: where it is used as a library there is no service."""


class TaskScheduler(Startable):
    """One of the schedulers of a bus, of which any number may run and one acts, and a desk for tasks.

    `policy` is round_robin, least_loaded, capability_based or priority_weighted. Used between `start()` and
    `stop()`.
    """

    def __init__(
        self,
        bus: MessageBus,
        policy: AssignmentPolicy | str = AssignmentPolicy.LEAST_LOADED,
        patience: Patience | None = None,
    ) -> None:
        self.policy = AssignmentPolicy(policy)
        self._bus = bus
        self._patience = patience or Patience()
        self._desk: TaskDesk | None = None
        self._engine: Engine | None = None
        self._failure: BaseException | None = None
        self._life = Life("task scheduler", self._open)

    async def start(self) -> None:
        """Take part in scheduling."""
        await self._life.start()

    async def stop(self) -> None:
        """Leave it to the others."""
        await self._life.stop()

    @property
    def desk(self) -> TaskDesk:
        """Everything that can be asked about tasks."""
        if self._failure is not None:
            raise NotRunningError(f"the task scheduler has ended: {self._failure}") from self._failure
        if self._desk is None:
            raise NotRunningError("the task scheduler does not run: start() it first")
        return self._desk

    async def submit_task(self, task: AgentTask, schedule: TaskSchedule | None = None) -> str:
        """See TaskDesk.submit_task."""
        return await self.desk.submit_task(task, schedule)

    async def assign_task(self, task_id: str) -> str | None:
        """Give a waiting task to an agent now; returns whose it is, None where nobody has room for it."""
        desk, engine = self.desk, self._engine
        if engine is None:
            return None
        await engine.know()
        found = await desk.find(task_id)
        if found is not None and found.record.assignee_id is None and found.revision:
            return await engine.assign(found)
        return found.record.assignee_id if found else None

    async def update_task_status(
        self, task_id: str, status: TaskStatus | str, result: Any = None, error: str | None = None
    ) -> bool:
        """See TaskDesk.update_task_status."""
        return await self.desk.update_task_status(task_id, TaskStatus(status), result, error)

    async def get_task_status(self, task_id: str) -> TaskStatus:
        """See TaskDesk.get_task_status."""
        return await self.desk.get_task_status(task_id)

    async def get_task(self, task_id: str) -> AgentTask:
        """See TaskDesk.get_task."""
        return await self.desk.get_task(task_id)

    async def cancel_task(self, task_id: str, reason: str = "cancelled") -> bool:
        """See TaskDesk.cancel_task."""
        return await self.desk.cancel_task(task_id, reason)

    async def wait_for(self, task_id: str, timeout_seconds: float | None = None) -> AgentTask:
        """See TaskDesk.wait_for."""
        return await self.desk.wait_for(task_id, timeout_seconds)

    @contextlib.asynccontextmanager
    async def _open(self) -> AsyncIterator[None]:
        await self._bus.start()
        link = self._bus.link
        declared = stream_configs(sizes(), link.site)
        turns = [config for config in declared if config["name"] == f"KV_{REPLICA_BUCKET}"]
        async with keeping(link.bus, turns), self._scheduling(link):
            yield

    @contextlib.asynccontextmanager
    async def _scheduling(self, link: Link) -> AsyncIterator[None]:
        """Schedule while entered, where the turns of schedulers can be written down."""
        self._desk = TaskDesk(link.bus, link.publisher)
        self._engine = Engine(
            link.bus,
            link.publisher,
            instance=f"scheduler-{uuid.uuid4().hex[:8]}",
            site=link.site,
            policy=self.policy,
            patience=self._patience,
        )
        self._failure = None
        working = asyncio.create_task(self._work(self._engine, link), name="task scheduler")
        try:
            yield
        finally:
            working.cancel()
            await asyncio.wait([working])

    async def _work(self, engine: Engine, link: Link) -> None:
        """Schedule until cancelled; what ends it before is told, and whoever calls from then on hears it."""
        try:
            await engine.work()
        except Exception as error:
            self._failure = error
            log.exception("task scheduler has ended")
            with contextlib.suppress(errors.Error):  # kept where there is a stream for it
                await link.bus.client.publish(
                    Subjects(link.site).event(SERVICE, SERVICE), _ended(link, error)
                )


def _ended(link: Link, error: Exception) -> bytes:
    event = Event(
        site=link.site,
        service=SERVICE,
        instance=SERVICE,
        subject_id=SERVICE,
        kind="scheduler_ended",
        severity=Severity.ERROR,
        time=time.time_ns(),
        text=f"the task scheduler has ended: {type(error).__name__}: {error}",
    )
    return encode(event)
