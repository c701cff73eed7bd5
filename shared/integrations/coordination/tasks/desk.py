"""What anyone can do about tasks: submit, look, cancel, say how far one is, wait for its end."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from msgspec import structs

from integrations.bus import (
    TASKS,
    Bus,
    JetStreamError,
    JetStreamUnavailableError,
    Outgoing,
    Publisher,
    PublishRefusedError,
    last,
    replay,
)
from integrations.messages import (
    AgentTask,
    ContentType,
    Header,
    MessageError,
    TaskRecord,
    TaskStatus,
    check_token,
    decode,
    encode,
    schedule_subject,
    task_subject,
)

from . import machine
from .errors import TaskRefusedError, TransitionError, UnknownTaskError
from .intake import MAX_ID, MAX_TASK_BYTES
from .recurrence import TaskSchedule
from .store import Found, TaskStore, Write

QUEUE = "gl.task.*.*"
QUEUE_FULL, QUEUE_SECONDS = 0.9, 1.0
"""The share from which on the queue takes no more, and how often that is looked at."""
ZONE = "Nats-Schedule-Time-Zone"


class TaskDesk:
    """Submits tasks and follows single ones; whether a scheduler runs just now makes no difference to it."""

    def __init__(self, bus: Bus, publisher: Publisher) -> None:
        self._bus = bus
        self._publisher = publisher
        self._store = TaskStore(bus, publisher)
        self._looked = -QUEUE_SECONDS
        self._queued_share = 0.0

    async def submit_task(self, task: AgentTask, schedule: TaskSchedule | None = None) -> str:
        """Put a task into the queue, or have the server put it there when `schedule` says; returns its id.

        Under one id a task is done once. A recurring task has runs with ids of their own, which begin with
        its id; cancelling that ends the runs to come.

        Raises:
            TaskRefusedError: it can never be done as it is, and the text names field and value; or the queue
                is full because no scheduler takes what is in it.
        """
        _check(task, schedule)
        await self._check_queue()
        body, headers = encode(task), {Header.CONTENT_TYPE.value: ContentType.JSON.value}
        target = task_subject(task.priority, task.task_type)
        message = Outgoing(target, body, headers, task.task_id)
        if schedule is not None:
            headers |= {
                Header.SCHEDULE.value: schedule.pattern(),
                Header.SCHEDULE_TARGET.value: target,
                Header.TTL.value: "never",
            }
            if schedule.timezone:
                headers[ZONE] = schedule.timezone
            message = Outgoing(schedule_subject(task.task_id), body, headers)
        try:
            await self._publisher.publish_all([message])
        except PublishRefusedError as error:
            raise TaskRefusedError(f"task {task.task_id}: {error}") from error
        return task.task_id

    async def _check_queue(self) -> None:
        """Refuse where the queue is almost full: a stream with schedules would drop its oldest instead."""
        if time.monotonic() - self._looked >= QUEUE_SECONDS:
            self._looked = time.monotonic()
            with contextlib.suppress(JetStreamError, JetStreamUnavailableError):
                info = await self._bus.api(f"STREAM.INFO.{TASKS}")
                most = info["config"].get("max_bytes", -1)
                self._queued_share = info["state"]["bytes"] / most if most > 0 else 0.0
        if self._queued_share > QUEUE_FULL:
            text = "no scheduler takes what is in it"
            raise TaskRefusedError(f"the queue of tasks is {100 * self._queued_share:.0f} % full: {text}")

    async def find(self, task_id: str) -> Found | None:
        """Return how a task is written down; revision 0 where it waits to be; None where nobody knows it."""
        check_token("task_id", task_id)
        return await self._store.get(task_id) or await self._queued(task_id)

    async def get_task(self, task_id: str) -> AgentTask:
        """Return a task as it is now.

        Raises:
            UnknownTaskError: nobody knows it; it may have ended more than a day ago.
        """
        return (await self._known(task_id)).record.task

    async def get_task_status(self, task_id: str) -> TaskStatus:
        """Return how far a task is; errors as `get_task`."""
        return (await self._known(task_id)).record.status

    async def tasks(self) -> AsyncIterator[TaskRecord]:
        """Yield every task that is known: those in the queue and on a schedule too."""
        seen = set()
        async for found in self._store.every():
            seen.add(found.record.task_id)
            yield found.record
        async for stored in replay(self._bus, TASKS, QUEUE):
            record = _waiting(stored.data, stored.headers)
            if record is not None and record.task_id not in seen:
                yield record

    async def update_task_status(
        self, task_id: str, status: TaskStatus, result: Any = None, error: str | None = None
    ) -> bool:
        """Say how far a task is; False where it has ended, or was given to another meanwhile.

        Raises:
            TransitionError: a task in its status cannot become that; UnknownTaskError: nobody knows it.
        """
        while True:
            found = await self._known(task_id)
            if machine.ended(found.record):
                return False
            changed = _changed(found.record, TaskStatus(status), result, error)
            if await self._written(changed, found.revision):
                return True

    async def cancel_task(self, task_id: str, reason: str = "cancelled") -> bool:
        """Have a task not be done any more; False where it has ended before.

        Raises:
            UnknownTaskError: nobody knows it.
        """
        while True:
            found = await self._known(task_id)
            if machine.ended(found.record):
                return False
            cancelled = machine.cancel(found.record, reason, datetime.now(UTC))
            if await self._written(cancelled, found.revision):
                await self._unschedule(task_id)
                return True

    async def wait_for(self, task_id: str, timeout_seconds: float | None = None) -> AgentTask:
        """Return a task once it has ended.

        Raises:
            TimeoutError: it has not by then.
        """
        check_token("task_id", task_id)
        async with (
            asyncio.timeout(timeout_seconds),
            contextlib.aclosing(self._store.changes(task_id)) as found,
        ):
            async for each in found:
                if each is not None and machine.ended(each.record):
                    return each.record.task
        raise UnknownTaskError(f"the bus was closed while waiting for task {task_id}")

    async def _known(self, task_id: str) -> Found:
        found = await self.find(task_id)
        if found is None:
            raise UnknownTaskError(f"nobody knows a task {task_id}")
        return found

    async def _queued(self, task_id: str) -> Found | None:
        """Look for a task that no scheduler has written down yet."""
        stored = await last(self._bus, TASKS, schedule_subject(task_id))
        if stored is not None and (record := _waiting(stored.data, stored.headers)):
            return Found(record, 0)
        async for message in replay(self._bus, TASKS, QUEUE):
            if message.headers.get(Header.MESSAGE_ID) == task_id:
                record = _waiting(message.data, message.headers)
                return Found(record, 0) if record else None
        return await self._store.get(task_id)  # taken in while we looked

    async def _written(self, record: TaskRecord, revision: int) -> bool:
        (written,) = await self._store.write([Write(record, revision)])
        return written is not None

    async def _unschedule(self, task_id: str) -> None:
        """End the schedule of a task, if it has one; where we may not, the scheduler does."""
        subject = schedule_subject(task_id)
        with contextlib.suppress(JetStreamError, JetStreamUnavailableError):
            if await last(self._bus, TASKS, subject) is not None:
                await self._bus.api(f"STREAM.PURGE.{TASKS}", {"filter": subject})


def _check(task: AgentTask, schedule: TaskSchedule | None) -> None:
    if len(task.task_id) > MAX_ID:
        raise TaskRefusedError(f"task_id must be at most {MAX_ID} characters long, got {len(task.task_id)}")
    if (size := len(encode(task))) > MAX_TASK_BYTES:
        raise TaskRefusedError(f"a task must have at most {MAX_TASK_BYTES} bytes as JSON, got {size}")
    if task.task_id in task.dependencies:
        raise TaskRefusedError(f"cyclic dependencies: {task.task_id} → {task.task_id}")
    begins = schedule.at if schedule is not None and schedule.at else datetime.now(UTC)
    recurs = schedule is not None and schedule.recurs
    if task.deadline is not None and task.deadline <= (task.created_at if recurs else begins):
        raise TaskRefusedError(f"deadline must be after the beginning, got {task.deadline.isoformat()}")


def _changed(record: TaskRecord, status: TaskStatus, result: Any, error: str | None) -> TaskRecord:
    now = datetime.now(UTC)
    if status is TaskStatus.IN_PROGRESS:
        return machine.accept(record, None, now)
    if status is TaskStatus.COMPLETED:
        return machine.complete(record, result, now)
    if status is TaskStatus.FAILED:
        return machine.fail(record, error or "failed", now)
    if status is TaskStatus.CANCELLED:
        return machine.cancel(record, error or "cancelled", now)
    raise TransitionError(record.task_id, record.status, status, "schedulers alone do that")


def _waiting(data: bytes, headers: dict[str, str]) -> TaskRecord | None:
    try:
        task = decode(data, TaskRecord, headers.get(Header.CONTENT_TYPE))
    except MessageError:
        return None
    return structs.replace(machine.admit(task, task.created_at), steps=[])
