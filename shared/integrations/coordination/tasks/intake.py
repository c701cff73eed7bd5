"""From the work queue into the bucket: each submitted task becomes a record, once."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

import structlog
from msgspec import ValidationError, structs

from integrations.bus import TASKS, Bus, Outgoing, Publisher, Received, SharedConsumer, dead_letter
from integrations.messages import (
    ContentType,
    DecodeError,
    Header,
    MessagePriority,
    TaskRecord,
    deadline_subject,
    decode,
    due_subject,
    encode,
)
from integrations.messages.codec import nests_deeper
from integrations.messages.json_values import MAX_JSON_BYTES, MAX_NESTING

from . import machine
from .recurrence import TaskSchedule, run_deadline, run_id
from .store import TaskStore, Write

log = structlog.get_logger(__name__)

BATCH = 200
CHUNK_BYTES = 1024 * 1024
ACK_WAIT_SECONDS = 5.0
"""What a scheduler took in and did not write down goes to the next so soon."""
RECORD_BYTES = 500
"""By so much the record of a task is larger than the task, headers included."""
MAX_ID = 100
"""Characters of a task's id: runs and attempts have longer ones."""
MAX_TASK_BYTES = MAX_JSON_BYTES - 32 * 1024
"""A task as JSON: the mail that hands it to an agent has its steps as well, and is bounded itself."""
FIRED_BY, FIRES_NEXT = "Nats-Scheduler", "Nats-Schedule-Next"
ONCE = "purge"
"""What the server says of the next time where there is none."""


class Intake:
    """Reads the queues of all priorities side by side, so that none waits behind another."""

    def __init__(
        self, bus: Bus, publisher: Publisher, store: TaskStore, site: str, took: Callable[[int], None]
    ) -> None:
        self.admitted = 0
        self.refused = 0
        self._bus = bus
        self._publisher = publisher
        self._store = store
        self._site = site
        self._took = took

    async def work(self, has_room: Callable[[], bool]) -> None:
        """Work until cancelled; while there is no room, tasks wait in the queue."""
        async with asyncio.TaskGroup() as group:
            for priority in MessagePriority:
                group.create_task(self._read(priority, has_room), name=f"tasks of priority {priority}")

    async def _read(self, priority: MessagePriority, has_room: Callable[[], bool]) -> None:
        subjects = [f"gl.task.p{priority.value}.*"]
        async with SharedConsumer(
            self._bus,
            TASKS,
            f"scheduler-p{priority.value}",
            subjects,
            batch=BATCH,
            ack_wait_seconds=ACK_WAIT_SECONDS,
        ) as reader:
            async for chunk in reader.chunks(BATCH, CHUNK_BYTES):
                while not has_room():
                    reader.extend(chunk)
                    await asyncio.sleep(1.0)
                await self._take_in(chunk)
                reader.ack(chunk)

    async def _take_in(self, chunk: Sequence[Received]) -> None:
        records, letters = [], []
        for message in chunk:
            try:
                records.append(admitted(message))
            except DecodeError as error:
                letters.append(dead_letter(self._site, TASKS, message, str(error)))
                log.warning("a task cannot be read", subject=message.subject, reason=str(error))
        self._took(sum(len(message.data) + RECORD_BYTES for message in chunk))
        revisions = await self._store.write([Write(record, 0) for record in records])
        self.admitted += sum(revision is not None for revision in revisions)
        self.refused += len(letters)
        await self._publisher.publish_each([*letters, *_timers(records)])


def admitted(message: Received) -> TaskRecord:
    """Return the first record of a task as it came; one that can never be done has failed already.

    Raises:
        DecodeError: it is no task.
    """
    now = datetime.fromtimestamp(message.time_ns / 1e9, UTC)
    task = decode(message.data, TaskRecord, message.headers.get(Header.CONTENT_TYPE))
    if len(task.task_id) > MAX_ID:
        raise DecodeError(f"task_id must be at most {MAX_ID} characters long, got {len(task.task_id)}")
    if (size := len(encode(task))) > MAX_TASK_BYTES:
        raise DecodeError(f"a task must have at most {MAX_TASK_BYTES} bytes as JSON, got {size}")
    if FIRED_BY in message.headers and message.headers.get(FIRES_NEXT) != ONCE:
        task = structs.replace(
            task,
            task_id=run_id(task.task_id, message.time_ns),
            created_at=now,
            deadline=_deadline(task, now),
        )
    record = machine.admit(task, now)
    _check_free_json(record, message)
    if record.deadline is not None and record.deadline <= now:
        return machine.fail(record, f"deadline {record.deadline.isoformat()} had passed when it came", now)
    return record


def _check_free_json(record: TaskRecord, message: Received) -> None:
    """What a record carries freely is bounded where it becomes a task: too late for whoever is given it."""
    is_json = message.headers.get(Header.CONTENT_TYPE, ContentType.JSON) == ContentType.JSON
    if is_json and len(message.data) <= MAX_JSON_BYTES and not nests_deeper(message.data, MAX_NESTING + 1):
        return
    try:
        _ = record.task
    except ValidationError as error:
        raise DecodeError(f"not a task: {error}") from error


def _deadline(task: TaskRecord, fired: datetime) -> datetime | None:
    try:
        return run_deadline(task.deadline, task.created_at, fired)
    except OverflowError:
        raise DecodeError(f"deadline of a run must be before the year 10000, got {task.deadline}") from None


def _timers(records: Iterable[TaskRecord]) -> list[Outgoing]:
    """Return what has the server say when deadlines are over; sent again, it is still one timer."""
    return [
        Outgoing(
            deadline_subject(record.task_id),
            b"{}",
            {
                Header.SCHEDULE.value: TaskSchedule(at=record.deadline).pattern(),
                Header.SCHEDULE_TARGET.value: due_subject(record.task_id),
                Header.TTL.value: "never",
            },
        )
        for record in records
        if record.deadline is not None and not machine.ended(record)
    ]
