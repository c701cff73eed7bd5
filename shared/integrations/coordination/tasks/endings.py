"""What is to be done when tasks have ended: requesters told, timers taken back, revisions kept in mind."""

import asyncio
import contextlib
import itertools
from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from integrations.bus import TASKS, Bus, JetStreamError, JetStreamUnavailableError, Publisher
from integrations.messages import TaskRecord, TaskStatus, deadline_subject, schedule_subject

from .dispatch import ended

REMEMBERED = 100_000
"""Ended tasks whose last revision is kept in mind."""
TOLD_AGAIN = timedelta(seconds=60)
"""Ends so young are told once more by who takes over: they may not have been."""
AT_ONCE = 50
"""Timers that are taken back side by side."""

Observer = Callable[[TaskRecord], None]


class Endings:
    """Ends as they come; they are told by who has the turn."""

    def __init__(self, bus: Bus, publisher: Publisher, is_agent: Callable[[str], bool]) -> None:
        self.counts: Counter[TaskStatus] = Counter()
        """What was told, by status."""
        self.observers: list[Observer] = []
        self._bus = bus
        self._publisher = publisher
        self._is_agent = is_agent
        self._untold: deque[TaskRecord] = deque(maxlen=REMEMBERED)
        self._revisions: dict[str, int] = {}
        self._timers: deque[str] = deque(maxlen=REMEMBERED)

    def knows(self, task_id: str, revision: int) -> bool:
        """Whether a task is known to have ended with this revision, or a later one."""
        return revision <= self._revisions.get(task_id, 0)

    def note(self, record: TaskRecord, revision: int) -> None:
        """Take an end down."""
        self._revisions[record.task_id] = revision
        self._untold.append(record)
        if len(self._revisions) > REMEMBERED:
            del self._revisions[next(iter(self._revisions))]

    def pop_oldest(self, most: int) -> list[str]:
        """Return the tasks that ended first, and forget them."""
        oldest = list(itertools.islice(self._revisions, most))
        for task_id in oldest:
            del self._revisions[task_id]
        return oldest

    def begin_turn(self) -> None:
        """Leave untold what whoever had the turn before has told for certain."""
        now = datetime.now(UTC)
        young = [one for one in self._untold if one.completed_at and now - one.completed_at < TOLD_AGAIN]
        self._untold.clear()
        self._untold.extend(young)

    async def tell(self) -> None:
        """Tell observers, and requesters that are agents."""
        now, mail = datetime.now(UTC), []
        while self._untold:
            record = self._untold.popleft()
            self.counts[record.status] += 1
            for observer in self.observers:
                observer(record)
            if self._is_agent(record.requester_id):
                mail.append(ended(record, now))
            if record.deadline is not None and record.deadline > now:
                self._timers.append(deadline_subject(record.task_id))
            if record.status is TaskStatus.CANCELLED and not record.attempt:
                self._timers.append(schedule_subject(record.task_id))
        await self._publisher.publish_each(mail)

    async def take_back_timers(self) -> None:
        """Have the server forget timers of what has ended; one that is left says nothing new."""
        while self._timers:
            some = [self._timers.popleft() for _ in range(min(len(self._timers), AT_ONCE))]
            await asyncio.gather(*map(self._purge, some))

    async def _purge(self, subject: str) -> None:
        with contextlib.suppress(JetStreamError, JetStreamUnavailableError):
            await self._bus.api(f"STREAM.PURGE.{TASKS}", {"filter": subject})
