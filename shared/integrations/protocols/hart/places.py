"""Places of those who may ask a server at the same time; whoever finds none waits in line."""

import asyncio
from collections import deque


class Places:
    """A semaphore of which a place that is free is had without a wait.

    asyncio's own costs a poll as much as encoding its request. `async with` takes one, or waits.
    """

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def take(self) -> bool:
        """Take a place if one is free."""
        if not self._free:
            return False
        self._free -= 1
        return True

    async def wait(self) -> None:
        """Wait for a place, behind those who came before."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.give_back()  # it was handed on just now
            elif turn in self._waiting:  # else passed over just now
                self._waiting.remove(turn)
            raise

    async def __aenter__(self) -> None:
        if not self.take():
            await self.wait()

    async def __aexit__(self, *_: object) -> None:
        self.give_back()

    def give_back(self) -> None:
        """Hand the place to who has waited longest, or let it be free."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
