"""The scheduler at work: follows tasks and agents all the time, and decides while it is its turn."""

import asyncio
import contextlib
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

import structlog

from integrations.bus import (
    AGENT_BUCKET,
    TASK_BUCKET,
    TASKS,
    Bus,
    BusEvent,
    BusEventKind,
    Members,
    Publisher,
    Received,
    Refusal,
    SharedConsumer,
    Turn,
    listening,
)
from integrations.coordination.presence.directory import HEARTBEAT_SECONDS
from integrations.messages import (
    AgentMessage,
    DecodeError,
    Header,
    TaskRecord,
    TaskStatus,
    decode,
    replies_subject,
)

from . import machine
from .agents import Agents
from .book import Book, Patience
from .dispatch import SCHEDULER_ID, dispatch, task_of
from .endings import Endings
from .following import follow
from .intake import ACK_WAIT_SECONDS, BATCH, Intake
from .policies import AssignmentPolicy
from .roster import Roster
from .space import AT_A_TIME, Space
from .store import PREFIX, Found, TaskStore, Write

log = structlog.get_logger(__name__)

SCHEDULERS = "tasks.scheduler"
"""Under which schedulers say that they are alive."""
LOOK_SECONDS = 1.0
"""How often what takes too long is looked for."""
ROOM_SECONDS = 2.0
AT_ONCE = 50
"""Requests that are made side by side."""
MAX_OPEN = 100_000
"""Tasks that may be open at once; those on top wait in the queue."""
GRACE_SECONDS = HEARTBEAT_SECONDS + 5.0
"""After an outage nobody counts as lost who had no time to say that they are there."""


class Engine:
    """One scheduler among those of a bus."""

    def __init__(
        self,
        bus: Bus,
        publisher: Publisher,
        *,
        instance: str,
        site: str,
        policy: AssignmentPolicy = AssignmentPolicy.LEAST_LOADED,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.counts: Counter[str] = Counter()
        """What was decided here: assigned, given_back."""
        self.store = TaskStore(bus, publisher)
        self.book = Book(Roster(policy), patience or Patience(), clock=clock)
        self._bus = bus
        self._publisher = publisher
        self._clock = clock
        self._agents = Agents(self.book.roster, self._wake_up)
        self.book.workers = self._agents.workers
        self.endings = Endings(bus, publisher, self.book.roster.is_known)
        self._members = Members(bus, publisher, SCHEDULERS, instance)
        self.turn = Turn(self._members, "tasks")
        self._space = Space(bus)
        self._intake = Intake(bus, publisher, self.store, site, self._space.took)
        self._tasks_known, self._agents_known = asyncio.Event(), asyncio.Event()
        self._wake = asyncio.Event()
        self._deciding = asyncio.Lock()
        self._looked = 0.0

    async def work(self) -> None:
        """Work until cancelled, then let another have the turn."""
        unobserve = self._bus.observe(self._on_bus_event)
        tasks, agents = self._tasks_known, self._agents_known
        follow_tasks = follow(self._bus, TASK_BUCKET, self._take_record, self._forget, tasks)
        follow_agents = follow(self._bus, AGENT_BUCKET, self._agents.take, self._agents.clear, agents)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(follow_tasks, name="follow tasks")
                group.create_task(follow_agents, name="follow agents")
                group.create_task(self.turn.keep(), name="turn")
                group.create_task(self.turn.take(self._act), name="act")
        finally:
            unobserve()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2.0):
                    await self._members.leave()

    @property
    def admitted(self) -> int:
        """How many tasks were taken in here."""
        return self._intake.admitted

    async def know(self) -> None:
        """Return once tasks and agents have been read as they are."""
        await self._tasks_known.wait()
        await self._agents_known.wait()

    async def assign(self, found: Found) -> str | None:
        """Give one waiting task to an agent now; None where none has room, or the task waits for others."""
        task_id = found.record.task_id
        async with self._deciding:  # it may be about to be given already
            self._note(found.record, found.revision)
            write = self.book.assignment(task_id, datetime.now(UTC))
            await self._carry_out([write] if write else [])
        entry = self.book.entry(task_id)
        return entry.record.assignee_id if entry else None

    async def _act(self) -> None:
        await self.know()
        await self._take_over()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._intake.work(self._has_room), name="intake")
            group.create_task(self._keep_room(), name="room")
            group.create_task(self._read_deadlines(), name="deadlines")
            group.create_task(self._decide(), name="decide")
            async with listening(self._bus, replies_subject(SCHEDULER_ID), self._on_refusal):
                await asyncio.Event().wait()

    def _has_room(self) -> bool:
        return not self._space.full and len(self.book) < MAX_OPEN

    async def _keep_room(self) -> None:
        while True:
            if await self._space.look():
                await self._space.forget(self.endings.pop_oldest(AT_A_TIME))
            await self.endings.take_back_timers()
            await asyncio.sleep(ROOM_SECONDS)

    async def _take_over(self) -> None:
        """Say again what whoever had the turn before may not have said."""
        self.book.withdraw_all()
        self.endings.begin_turn()
        assigned = [one for one in self.book.entries() if one.record.status is TaskStatus.ASSIGNED]
        log.info("scheduler takes over", tasks=len(self.book), assigned=len(assigned))
        await self._dispatch([Found(one.record, one.revision) for one in assigned])

    async def _decide(self) -> None:
        while True:
            self._wake.clear()
            await self.endings.tell()
            async with self._deciding:
                decided = await self._decide_all(datetime.now(UTC))
            if not decided:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS / 2):
                        await self._wake.wait()

    async def _decide_all(self, now: datetime) -> bool:
        """Decide whatever can be decided now; returns whether there was anything."""
        writes = [*self.book.doomed(now), *self.book.assignments(now)]
        if self._clock() - self._looked >= LOOK_SECONDS:
            self._looked = self._clock()
            await self._look_up()
            writes += self.book.overdue(now)
        await self._carry_out(writes)
        return bool(writes)

    async def _carry_out(self, writes: Sequence[Write]) -> None:
        """Write decisions down, and hand over what they assign."""
        if not writes:
            return
        assigned = []
        revisions = await self.store.write(writes)
        for write, revision in zip(writes, revisions, strict=True):
            if revision is None:
                await self._contradicted(write)
                continue
            self._note(write.record, revision)
            self.counts["given_back"] += write.record.status is TaskStatus.PENDING
            if write.record.status is TaskStatus.ASSIGNED:
                self.counts["assigned"] += 1
                assigned.append(Found(write.record, revision))
        await self._dispatch(assigned)

    async def _contradicted(self, write: Write) -> None:
        """Somebody was faster: see what stands there now."""
        self.book.withdrawn(write)
        found = await self.store.get(write.record.task_id)
        if found is not None:
            self._note(found.record, found.revision)
        elif write.revision:
            self.book.forget(write.record.task_id)

    async def _dispatch(self, assigned: Iterable[Found]) -> None:
        now = datetime.now(UTC)
        mail = [dispatch(one.record, one.revision, now) for one in assigned]
        for outcome in await self._publisher.publish_each(mail):
            if isinstance(outcome, Refusal):
                log.warning("a task cannot be handed over", to=outcome.message.subject, reason=outcome.reason)

    async def _look_up(self) -> None:
        """Look for dependencies that are not open: ended before, or never there."""
        for task_id in list(itertools.islice(self.book.unchecked, AT_ONCE)):
            self.book.unchecked.pop(task_id)
            missing = self.book.missing(task_id)
            if missing:
                self.book.unchecked[task_id] = None  # behind all the others
            found = await asyncio.gather(*map(self.store.get, missing))
            for need, one in zip(missing, found, strict=True):
                self.book.settle(need, one.record if one else None, task_id)

    async def _read_deadlines(self) -> None:
        """Fail what is not done when the server says that its time is over."""
        reader = SharedConsumer(
            self._bus,
            TASKS,
            "scheduler-due",
            ["gl.task.due.*"],
            batch=BATCH,
            ack_wait_seconds=ACK_WAIT_SECONDS,
        )
        async with reader:
            async for chunk in reader.chunks(BATCH):
                for message in chunk:
                    await self._due(message.subject.rpartition(".")[2])
                reader.ack(chunk)

    async def _due(self, task_id: str) -> None:
        while (found := await self.store.get(task_id)) is not None and not machine.ended(found.record):
            when = found.record.deadline.isoformat() if found.record.deadline else ""
            failed = machine.fail(found.record, f"deadline {when} passed", datetime.now(UTC))
            await self._carry_out([Write(failed, found.revision)])

    def _on_refusal(self, _subject: str, headers: dict[str, str], body: bytes) -> None:
        """An agent answers that it cannot do what it was given."""
        try:
            answer = decode(body, AgentMessage, headers.get(Header.CONTENT_TYPE))
        except DecodeError:
            return
        error = answer.payload.get("error")
        entry = self.book.entry(task_of(answer.correlation_id or ""))
        if entry is None or not isinstance(error, dict) or entry.record.assignee_id != answer.sender_id:
            return
        self.book.refuse(entry.record.task_id, str(error.get("reason", "")))
        self._looked = 0.0
        self._wake_up()

    def _take_record(self, message: Received) -> None:
        task_id = message.subject.removeprefix(PREFIX)
        if not message.data:
            self.book.forget(task_id)
            return
        try:
            record = decode(message.data, TaskRecord, message.headers.get(Header.CONTENT_TYPE))
        except DecodeError as error:
            log.warning("a task's record cannot be read", task=task_id, reason=str(error))
            return
        if record.task_id == task_id:
            self._note(record, message.stream_sequence)

    def _note(self, record: TaskRecord, revision: int) -> None:
        """Take down how a task is, unless something newer is known: what we write ourselves we know first."""
        if self.endings.knows(record.task_id, revision):
            return
        self.book.note(record, revision)
        if machine.ended(record):
            self.endings.note(record, revision)
        self._wake_up()

    def _forget(self) -> None:
        for entry in self.book.entries():
            self.book.forget(entry.record.task_id)

    def _wake_up(self) -> None:
        self._wake.set()

    def _on_bus_event(self, event: BusEvent) -> None:
        if event.kind is BusEventKind.RECONNECTED:
            self.book.judges_from = self._clock() + GRACE_SECONDS
