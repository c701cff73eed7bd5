"""An agent's mailbox: everything for it, from up to five queues and from the notices, by priority."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass

import msgspec
import structlog

from integrations.bus import AGENTS, NOTICES, Bus, Received, SharedConsumer
from integrations.coordination.letters.outcome import Later
from integrations.messages import MessagePriority

from .consumers import PREFETCH, inbox_reader, notices_reader
from .demand import LOOK_SECONDS, Demand
from .mail import Mail
from .priorities import PriorityQueues

log = structlog.get_logger(__name__)

CONCURRENCY = 16
"""Messages that are worked on at a time; an urgent one finds a place that a lesser one may not take."""
EXTEND_SECONDS = 4.0
FIRST_SECONDS = 2.0
"""How long the first messages of a more urgent queue are waited for when it begins."""
DRAIN_SECONDS = 5.0

Worker = Callable[[Mail], Later[None] | None]
"""Does what is to be done with a message, and says so to it, or returns what will; must not raise."""


class _Urgency(msgspec.Struct):
    """What is read of a notice before its turn has come."""

    priority: MessagePriority = MessagePriority.NORMAL


@dataclass(frozen=True)
class _Source:
    stream: str
    reader: SharedConsumer
    wanted: asyncio.Event
    """Set from when on it is read."""
    priority: MessagePriority | None
    """None where each message says its own."""


class Mailbox:
    """Hands each message to the worker, the more urgent first, and keeps those that wait from others' hands.

    Several processes may read one mailbox, as replicas of an agent: they share what is in it.
    """

    def __init__(
        self,
        bus: Bus,
        agent_id: str,
        role: str | None,
        worker: Worker,
        *,
        concurrency: int = CONCURRENCY,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._queues: PriorityQueues[Mail] = PriorityQueues()
        self._worker = worker
        self._concurrency = concurrency
        self._held: dict[tuple[str, int], Mail] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._demand = Demand(bus, agent_id, look_seconds=look_seconds)
        self._sources = [
            _Source(AGENTS, inbox_reader(bus, agent_id, priority), self._demand.wanted(priority), priority)
            for priority in MessagePriority
        ]
        if role is not None:
            reader = notices_reader(bus, agent_id, role)
            always = asyncio.Event()
            always.set()
            self._sources.append(_Source(NOTICES, reader, always, None))

    @property
    def busy(self) -> int:
        """How many messages are being worked on."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """How many messages have come and wait for their turn."""
        return len(self._queues)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Work on what comes while entered; what is begun is finished, what is not goes back."""
        async with contextlib.AsyncExitStack() as stack, asyncio.TaskGroup() as group:
            for source in self._sources:
                await stack.enter_async_context(source.reader)
            tasks = [
                group.create_task(self._feed(source), name=f"feed {source.stream}")
                for source in self._sources
            ]
            tasks += [group.create_task(self._begin(source), name="begin") for source in self._sources]
            tasks += [
                group.create_task(self._demand.keep(), name="look for mail"),
                group.create_task(self._dispatch(), name="dispatch"),
                group.create_task(self._keep(), name="keep held"),
            ]
            try:
                yield
            finally:
                await self._end(tasks)

    async def _end(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        *others, keeper = tasks
        for task in others:
            task.cancel()
        await asyncio.wait(others)
        for mail in self._queues.empty():
            mail.again()
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=DRAIN_SECONDS)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        keeper.cancel()

    async def _feed(self, source: _Source) -> None:
        await source.wanted.wait()
        async for chunk in source.reader.chunks(PREFETCH):
            for received in chunk:
                await self._take_in(source, received)
            source.reader.looked.set()

    async def _begin(self, source: _Source) -> None:
        """Have those that are less urgent wait for what a queue brings first, but not for long."""
        await source.wanted.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_SECONDS):
                await source.reader.looked.wait()
        source.reader.looked.set()
        self._queues.look_again()

    async def _take_in(self, source: _Source, received: Received) -> None:
        key = (source.stream, received.stream_sequence)
        if key in self._held:
            return  # delivered again while it waits here or is being worked on
        mail = Mail(received, source.stream, source.reader)
        self._held[key] = mail
        await self._queues.put(source.priority or _urgency(received), mail)

    async def _dispatch(self) -> None:
        await self._first_come()
        while True:
            mail = await self._queues.get(self._may_begin)
            self._work(mail)

    async def _first_come(self) -> None:
        """Wait until every queue that has something has brought it: the urgent one may come last."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_SECONDS):
                await self._demand.looked.wait()
                for source in self._sources:
                    if source.wanted.is_set():
                        await source.reader.looked.wait()

    def _may_begin(self, priority: MessagePriority) -> bool:
        return len(self._running) < self._places(priority) and not any(
            source.wanted.is_set() and not source.reader.looked.is_set()
            for source in self._sources
            if source.priority is not None and source.priority < priority
        )

    def _places(self, priority: MessagePriority) -> int:
        """Return how many may be busy at most when one of this priority is begun."""
        return self._concurrency - (priority - 1) * self._concurrency // 16

    def _work(self, mail: Mail) -> None:
        """Have a message worked on; only what has to wait for something gets a task, which costs more."""
        try:
            working = self._worker(mail)
        except Exception as error:  # noqa: BLE001  # the next one has to be worked on all the same
            working = None
            self._log(error)
        if working is None:
            self._let_go(mail)
            return
        task = asyncio.create_task(self._wait(mail, working), name="mail")
        self._running.add(task)
        task.add_done_callback(self._ended)

    async def _wait(self, mail: Mail, working: Later[None]) -> None:
        try:
            await working
        finally:
            self._let_go(mail)

    def _let_go(self, mail: Mail) -> None:
        self._held.pop((mail.stream, mail.received.stream_sequence), None)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._queues.look_again()
        if not task.cancelled() and (error := task.exception()):
            self._log(error)

    def _log(self, error: BaseException) -> None:
        log.error("a message was not worked on to its end", exc_info=error)

    async def _keep(self) -> None:
        """Ask patience for what is held here, or the server would give it to another."""
        while True:
            await asyncio.sleep(EXTEND_SECONDS)
            for mail in self._held.values():
                mail.patience()
            for source in self._sources:
                source.reader.extend_unread()


def _urgency(received: Received) -> MessagePriority:
    try:
        return msgspec.json.decode(received.data, type=_Urgency).priority
    except (ValueError, RecursionError):
        return MessagePriority.NORMAL  # the worker finds out what is wrong with it
