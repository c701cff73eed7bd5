"""The doing side of tasks: an agent takes on what it is given, does it once, and writes down how it ended."""

import asyncio
import contextlib
import inspect
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog
from msgspec import convert, json

from integrations.bus import AGENT_BUCKET, Latest, PublishRefusedError
from integrations.coordination.link import Link
from integrations.coordination.presence.performance import Performance
from integrations.messages import (
    AgentMessage,
    AgentTask,
    Header,
    TaskDispatch,
    TaskRecord,
    WorkerSign,
    encode,
    plain_json,
)

from . import machine
from .agents import WORKER
from .machine import IN_PROGRESS
from .store import TaskStore, Write

log = structlog.get_logger(__name__)

TaskHandler = Callable[[AgentTask], Awaitable[Any] | Any]
"""Does a task; what it returns is the result, what it raises the error."""
RENEW_SECONDS = 20.0
LEASE_SECONDS = 60
"""A worker that does not renew for so long is counted as gone; its tasks go to others."""
MAX_RESULT_BYTES = 256 * 1024
LEAVE_SECONDS = 2.0
LAG_SECONDS = 0.05


@dataclass(eq=False)
class _Job:
    """A task that this worker does, as it wrote it down last."""

    record: TaskRecord
    revision: int
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)
    ours: bool = True


class TaskWorker:
    """Does the tasks of one agent; each life of an agent has one, under a name of its own."""

    def __init__(self, agent_id: str, performance: Performance) -> None:
        self.name = f"{agent_id[:100]}-{uuid.uuid4().hex[:12]}"
        self.counts: Counter[str] = Counter()
        self._agent_id = agent_id
        self._performance = performance
        self._handlers: dict[str, TaskHandler] = {}
        self._places: dict[str, asyncio.Semaphore] = {}
        self._jobs: dict[str, _Job] = {}
        self._running: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._changed = asyncio.Event()
        self._link: Link | None = None
        self._store: TaskStore | None = None

    def register(self, task_type: str, handler: TaskHandler, places: int) -> None:
        """Have tasks of a type done by `handler`, plain or async, so many at a time."""
        self._handlers[task_type] = handler
        self._places[task_type] = asyncio.Semaphore(places)
        self._changed.set()

    @property
    def busy(self) -> int:
        """How many tasks it has."""
        return len(self._running)

    @contextlib.asynccontextmanager
    async def open(self, link: Link) -> AsyncIterator[None]:
        """Do tasks while entered; on leaving, give back what is not done."""
        self._link, self._store = link, TaskStore(link.bus, link.publisher)
        await self._say_on()
        renewing = asyncio.create_task(self._renew(), name="worker")
        try:
            yield
        finally:
            leaving = [renewing, *self._running.values()]
            for each in leaving:
                each.cancel()
            _, late = await asyncio.wait(leaving, timeout=LEAVE_SECONDS)
            for each in late:  # the bus is away: what is not given back is lost with us, and goes to others
                each.cancel()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_SECONDS):
                    await self._say(b"", {Header.KV_OPERATION.value: "DEL"})

    def on_dispatch(self, message: AgentMessage) -> None:
        """Take on what a scheduler hands over; returns at once."""
        given = convert(message.payload, TaskDispatch)
        key = (given.record.task_id, given.record.attempt)
        if key not in self._running:
            running = asyncio.create_task(self._do(given), name=f"task {given.record.task_id}")
            self._running[key] = running
            running.add_done_callback(lambda done: self._done(key, done))

    async def report_progress(self, task_id: str, share: float) -> None:
        """Write down how much of a task that is being done here is done, 0 to 1."""
        job = self._jobs.get(task_id)
        if job is not None:
            await self._change(job, lambda record: machine.advance(record, share))

    def _done(self, key: tuple[str, int], running: asyncio.Task[None]) -> None:
        self._running.pop(key, None)
        if not running.cancelled() and (error := running.exception()):
            log.error("a task could not be looked after to its end", task=key[0], exc_info=error)

    async def _do(self, given: TaskDispatch) -> None:
        record = given.record
        handler = self._handlers.get(record.task_type)
        job = _Job(record, given.revision)
        if handler is None:
            reason = f"{self._agent_id} has no handler for task_type {record.task_type}"
            await self._change(job, lambda it: machine.give_back(it, reason, _now(), lost=False))
            return
        async with self._places[record.task_type]:
            await self._change(job, lambda it: machine.accept(it, self.name, _now()))
            if job.ours and job.record.status is IN_PROGRESS:
                self.counts["accepted"] += 1
                await self._work(job, handler)

    async def _work(self, job: _Job, handler: TaskHandler) -> None:
        task_id, began = job.record.task_id, time.monotonic()
        self._jobs[task_id] = job
        working = asyncio.create_task(_call(handler, job.record.task), name=f"work on {task_id}")
        looking = asyncio.create_task(self._look(job, working), name=f"look at {task_id}")
        try:
            await asyncio.wait([working])
            end = _outcome(working) if job.ours or not working.cancelled() else None
        except asyncio.CancelledError:
            working.cancel()
            reason = f"{self._agent_id} stops"
            await asyncio.shield(
                self._change(job, lambda it: machine.give_back(it, reason, _now(), lost=False))
            )
            raise
        finally:
            looking.cancel()
            self._jobs.pop(task_id, None)
        if end is None:
            self.counts["withdrawn"] += 1
            return
        await self._change(job, end)
        well = job.record.status is machine.COMPLETED
        self.counts[job.record.status if job.ours else "late"] += 1
        deadline = job.record.deadline
        self._performance.note(well=well, prompt=deadline is None or _now() <= deadline)
        log.debug("task done", task=task_id, ours=job.ours, seconds=round(time.monotonic() - began, 3))

    async def _look(self, job: _Job, working: asyncio.Task[Any]) -> None:
        """End the work when the task is taken away: cancelled, past its deadline, given to another."""
        _, store = self._opened()
        async with contextlib.aclosing(store.changes(job.record.task_id, now=False)) as found:
            async for each in found:
                if each is not None and each.revision < job.revision:
                    continue
                if each is None or not self._is_ours(job, each.record):
                    job.ours = False
                    working.cancel()
                    return

    async def _change(self, job: _Job, change: Callable[[TaskRecord], TaskRecord]) -> None:
        """Write a change of a task down; where it is not ours any more, it is dropped."""
        _, store = self._opened()
        async with job.changing:
            while job.ours:
                wanted = change(job.record)
                (revision,) = await store.write([Write(wanted, job.revision)])
                if revision is not None:
                    job.record, job.revision = wanted, revision
                    return
                found = await store.get(job.record.task_id)
                if found is not None and found.revision < job.revision:
                    await asyncio.sleep(LAG_SECONDS)  # a copy of the bucket that lags behind has answered
                    continue
                if found is None or not self._is_ours(job, found.record):
                    job.ours = False
                    log.info("a task is not ours any more", task=job.record.task_id, agent=self._agent_id)
                    return
                job.record, job.revision = found.record, found.revision
                if found.record.status is wanted.status:
                    return  # written before: only its acknowledgement was lost

    def _is_ours(self, job: _Job, record: TaskRecord) -> bool:
        is_same = (record.attempt, record.assignee_id) == (job.record.attempt, job.record.assignee_id)
        return is_same and record.worker in {None, self.name} and not machine.ended(record)

    async def _renew(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RENEW_SECONDS):
                    await self._changed.wait()
            try:
                await self._say_on()
            except PublishRefusedError as error:
                log.warning("cannot be seen to go on", worker=self.name, reason=str(error))

    async def _say_on(self) -> None:
        """Say that this life goes on, and what it does."""
        self._changed.clear()
        await self._say(encode(WorkerSign(agent_id=self._agent_id, task_types=sorted(self._handlers))))

    async def _say(self, body: bytes, headers: dict[str, str] | None = None) -> None:
        link, _ = self._opened()
        key = f"{WORKER}.{self._agent_id}.{self.name}"
        headers = {Header.TTL.value: f"{LEASE_SECONDS}s", **(headers or {})}
        await link.publisher.publish_all([Latest(link.bus, AGENT_BUCKET).outgoing(key, body, headers)])

    def _opened(self) -> tuple[Link, TaskStore]:
        if self._link is None or self._store is None:
            raise RuntimeError("a worker does tasks while it is open")
        return self._link, self._store


async def _call(handler: TaskHandler, task: AgentTask) -> Any:
    result = handler(task)
    return await result if inspect.isawaitable(result) else result


def _outcome(working: asyncio.Task[Any]) -> Callable[[TaskRecord], TaskRecord]:
    """Return how the work ended, as a change of the record."""
    if working.cancelled():
        return lambda record: machine.fail(record, "what the handler waited for was cancelled", _now())
    try:
        result = plain_json(working.result(), "result")
        size = len(json.encode(result))
    except Exception as error:  # noqa: BLE001  # whatever a handler raises is the task's outcome
        text = f"{type(error).__name__}: {error}"
        return lambda record: machine.fail(record, text, _now())
    if size > MAX_RESULT_BYTES:
        large = f"the result has {size} bytes, it may have {MAX_RESULT_BYTES}"
        return lambda record: machine.fail(record, large, _now())
    return lambda record: machine.complete(record, result, _now())


def _now() -> datetime:
    return datetime.now(UTC)
