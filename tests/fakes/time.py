"""Time that passes only when a test says so."""

import asyncio
import heapq
from itertools import count

START_NS = 1_700_000_000_000_000_000


class FakeTime:
    """A monotonic clock, a UTC clock and a sleep that agree; `sleeps` keeps every wait that was asked for."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.sleeps: list[float] = []
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()

    def clock(self) -> float:
        return self.seconds

    def now_ns(self) -> int:
        return START_NS + round(self.seconds * 1e9)

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self.seconds + seconds, next(self._order), woken))
        await woken

    async def skip(self, seconds: float) -> None:
        """Sleep as `sleep` does, but let the time pass at once: for retries that nobody watches."""
        self.sleeps.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)

    async def go_on(self, seconds: float) -> None:
        """Let time pass, waking whoever is due, in order, at the moment it is due."""
        until = self.seconds + seconds
        await settled()
        while self._waiting and self._waiting[0][0] <= until + 1e-9:
            due, _, woken = heapq.heappop(self._waiting)
            self.seconds = max(self.seconds, due)
            if not woken.done():
                woken.set_result(None)
            await settled()
        self.seconds = max(self.seconds, until)

    @property
    def options(self) -> dict:
        """What a connector takes."""
        return {"clock": self.clock, "now_ns": self.now_ns, "sleep": self.sleep}


async def settled() -> None:
    """Let every task run until it waits."""
    for _ in range(30):
        await asyncio.sleep(0)
