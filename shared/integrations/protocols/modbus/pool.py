"""The connections of one line, lent out one request at a time."""

import asyncio
from collections import deque

import structlog

from .errors import ConnectionLostError, LineBusyError
from .link import Link

logger = structlog.get_logger(__name__)

MAX_WAITING = 512
"""Every unit of a gateway may wait with a poll and a write."""
NARROW_SECONDS = 60.0
"""How long a server that refused one more connection is not asked for it again."""


class Slot:
    """Room for one connection, opened when it is first needed."""

    __slots__ = ("link",)

    def __init__(self) -> None:
        self.link: Link | None = None

    @property
    def is_open(self) -> bool:
        """Whether the connection stands."""
        return self.link is not None and self.link.is_open


class Pool:
    """At most `size` connections; who finds all lent waits in line."""

    def __init__(self, name: str, size: int) -> None:
        self._name = name
        self.is_closed = False
        self._limit = self._size = size
        self._narrow_until = 0.0
        self._slots: list[Slot] = []
        self._idle: list[Slot] = []
        self._waiting: deque[asyncio.Future[Slot]] = deque()

    async def acquire(self) -> Slot:
        """Borrow a connection: one that is free, else a new one, else the first that comes back.

        Raises:
            LineBusyError: MAX_WAITING requests already wait.
            ConnectionLostError: the pool was closed meanwhile.
        """
        if slot := self.idle():
            return slot
        if self.is_closed:
            raise ConnectionLostError("the line was closed", line=self._name)
        if len(self._slots) < self._room():
            self._slots.append(slot := Slot())
            return slot
        if len(self._waiting) >= MAX_WAITING:
            raise LineBusyError(f"{MAX_WAITING} requests already wait", line=self._name)
        return await self._wait()

    def idle(self) -> Slot | None:
        """Borrow a connection that is free; most often there is one."""
        return self._idle.pop() if self._idle else None

    def _room(self) -> int:
        if self._limit < self._size and asyncio.get_running_loop().time() >= self._narrow_until:
            self._limit = self._size
        return self._limit

    async def _wait(self) -> Slot:
        waiter: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and not waiter.exception():
                self.release(waiter.result())
            raise

    def release(self, slot: Slot) -> None:
        """Give a connection back; one whose server is still busy with an old request is lent last."""
        if slot not in self._slots:
            return
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(slot)
                return
        if slot.link and slot.link.owes_answer:
            self._idle.insert(0, slot)
        else:
            self._idle.append(slot)

    def retire(self, slot: Slot) -> bool:
        """Do without the connection `slot` wanted, if others stand: the server has no room for more."""
        if not any(other.is_open for other in self._slots if other is not slot):
            return False
        self._slots.remove(slot)
        self._limit = len(self._slots)
        self._narrow_until = asyncio.get_running_loop().time() + NARROW_SECONDS
        logger.warning("modbus server takes no more connections", line=self._name, connections=self._limit)
        return True

    async def close(self) -> None:
        """Close every connection and send away who waits."""
        self.is_closed = True
        slots, self._slots, self._idle = self._slots, [], []
        while self._waiting:
            if not (waiter := self._waiting.popleft()).done():
                waiter.set_exception(ConnectionLostError("the line was closed", line=self._name))
        for slot in slots:
            if slot.link:
                await slot.link.close()
