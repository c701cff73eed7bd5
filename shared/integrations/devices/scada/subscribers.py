"""Callbacks that hear of changes: each in its own time, none in the way of another."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import structlog

from .board import Change

log = structlog.get_logger(__name__)

TagCallback = Callable[[str, Any, datetime], Awaitable[None]]
"""Is given the name of the tag, its value (None when it turned Bad) and the time of the value, UTC."""
MOST_WAITING = 1000
"""Changes that wait for one slow callback; beyond that the oldest is dropped."""


class Subscriber:
    """Hands changes to one callback, one after the other; a task runs while there is something to hand on."""

    def __init__(self, callback: TagCallback) -> None:
        self.callback = callback
        self.dropped = 0
        self._waiting: deque[Change] = deque(maxlen=MOST_WAITING)
        self._task: asyncio.Task[None] | None = None

    def put(self, change: Change) -> None:
        """Let the callback hear of a change soon."""
        if len(self._waiting) == MOST_WAITING:
            if not self.dropped:
                log.warning("subscriber is too slow: changes are dropped", tag=change.tag_name)
            self.dropped += 1
        self._waiting.append(change)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._hand_on(), name=f"subscriber of {change.tag_name}")

    async def close(self) -> None:
        """End the task; what still waits is not handed on any more."""
        self._waiting.clear()
        if self._task and self._task is not asyncio.current_task():  # a callback may disconnect
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _hand_on(self) -> None:
        while self._waiting:
            change = self._waiting.popleft()
            try:
                await self.callback(*change)
            except Exception:
                log.exception("subscriber failed", tag=change.tag_name)


class Subscribers:
    """Who wants to hear of which tag; the owner of their tasks."""

    def __init__(self) -> None:
        self._by_tag: dict[str, list[Subscriber]] = defaultdict(list)

    @property
    def dropped(self) -> int:
        """Changes that slow callbacks have missed."""
        return sum(each.dropped for found in self._by_tag.values() for each in found)

    def add(self, tag_name: str, callback: TagCallback) -> Subscriber:
        """Let `callback` hear of the later changes of a tag."""
        subscriber = Subscriber(callback)
        self._by_tag[tag_name].append(subscriber)
        return subscriber

    def tell(self, change: Change) -> None:
        """Let everyone hear who wants to."""
        for subscriber in self._by_tag.get(change.tag_name, ()):
            subscriber.put(change)

    async def close(self) -> None:
        """End all tasks; the callbacks stay and hear of what comes after the next connect()."""
        for found in self._by_tag.values():
            for subscriber in found:
                await subscriber.close()
