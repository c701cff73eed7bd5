"""Whose turn it is: what is more urgent goes first nearly always, and nothing waits for ever."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from integrations.messages import MessagePriority

T = TypeVar("T")

PATIENCE = 50
"""How often one that waits may be passed over by more urgent ones before it has its turn."""
CAPACITY = 64
"""Items that may wait here of each priority; the rest waits where it comes from."""


class PriorityQueues(Generic[T]):
    """A queue for each priority: the most urgent first, but each other one now and then; see PATIENCE."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._queues: dict[MessagePriority, deque[T]] = {priority: deque() for priority in MessagePriority}
        self._passed_over = dict.fromkeys(MessagePriority, 0)
        self._capacity = capacity
        self._room = asyncio.Event()
        self._something = asyncio.Event()

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))

    async def put(self, priority: MessagePriority, item: T) -> None:
        """Add an item; waits while its queue is full."""
        queue = self._queues[priority]
        while len(queue) >= self._capacity:
            self._room.clear()
            await self._room.wait()
        queue.append(item)
        self._something.set()

    async def get(self, may: Callable[[MessagePriority], bool] = lambda _: True) -> T:
        """Return the next item of a priority that `may` be taken; `look_again` when its answer changes."""
        while (priority := self._next(may)) is None:
            self._something.clear()
            await self._something.wait()
        queue = self._queues[priority]
        item = queue.popleft()
        self._room.set()
        return item

    def look_again(self) -> None:
        """Have `get` ask again what may be taken."""
        self._something.set()

    def empty(self) -> list[T]:
        """Take everything out."""
        left = [item for queue in self._queues.values() for item in queue]
        for queue in self._queues.values():
            queue.clear()
        self._room.set()
        return left

    def _next(self, may: Callable[[MessagePriority], bool]) -> MessagePriority | None:
        waiting = [priority for priority, queue in self._queues.items() if queue and may(priority)]
        if not waiting:
            return None
        patient = max(waiting, key=self._passed_over.__getitem__)
        chosen = patient if self._passed_over[patient] >= PATIENCE else min(waiting)
        for priority in waiting:
            self._passed_over[priority] += 1
        self._passed_over[chosen] = 0
        return chosen
