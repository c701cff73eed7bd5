"""Units in doubt are tried one after the other, so that they take one connection of a line at most."""

import asyncio
from collections.abc import Callable

PATIENCE_SECONDS = 10.0
"""Longest that a unit waits for its trial; its poll is late meanwhile, and not lost."""


class Trials:
    """Lets one unit in doubt be asked at a time; after one that failed the line is spared for a while."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._turn = asyncio.Lock()
        self._spared_until = 0.0

    async def begin(self) -> None:
        """Wait for a turn.

        Raises:
            TimeoutError: it did not come within PATIENCE_SECONDS.
        """
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._turn.acquire()
            try:
                await asyncio.sleep(max(0.0, self._spared_until - self._clock()))
            except BaseException:
                self._turn.release()
                raise

    def spare(self, seconds: float) -> None:
        """Let nobody be tried for so long."""
        self._spared_until = self._clock() + seconds

    def end(self) -> None:
        """Give the turn to the next."""
        self._turn.release()
