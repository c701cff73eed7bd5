"""Who watches the shared state: each is told in order, and nobody waits for a slow one."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

Callback = Callable[[str, Any, str], Awaitable[None]]
"""Gets key, value (None where it is gone) and the agent whose it is."""
MAX_WAITING = 100_000
EVERY_KEY = "*"

log = structlog.get_logger(__name__)


class Watcher:
    """One callback and the updates that wait for it."""

    def __init__(self, key: str, callback: Callback) -> None:
        self.key = key
        self.dropped = 0
        """Updates that came while MAX_WAITING others waited: the oldest of these made room."""
        self._callback = callback
        self._waiting: deque[tuple[str, Any, str]] = deque()
        self._wake = asyncio.Event()

    def tell(self, key: str, value: Any, agent_id: str) -> None:
        """Have it told when its turn comes, if it is interested."""
        if self.key not in {EVERY_KEY, key}:
            return
        if len(self._waiting) >= MAX_WAITING:
            if not self.dropped:
                log.error("a watcher of the shared state is far behind", key=self.key, waiting=MAX_WAITING)
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append((key, value, agent_id))
        self._wake.set()

    async def work(self) -> None:
        """Call back for ever, one update after the other."""
        while True:
            while self._waiting:
                update = self._waiting.popleft()
                try:
                    await self._callback(*update)
                except Exception:  # a callback that fails is told the next update all the same
                    log.exception("a watcher of the shared state failed", key=update[0], agent=update[2])
            self._wake.clear()
            await self._wake.wait()
