"""Things that are started and stopped by calls, whichever tasks make them."""

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self

from integrations.resilience import ended

from .errors import NotRunningError


class Startable:
    """Something that is started and stopped, by calls or with `async with`."""

    async def start(self) -> None:
        """Begin; running already, it does nothing."""
        raise NotImplementedError

    async def stop(self) -> None:
        """End; not running, it does nothing."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


class Life:
    """Enters a context in a task of its own and leaves it there: task groups want the same task for both."""

    def __init__(self, name: str, make: Callable[[], AbstractAsyncContextManager[None]]) -> None:
        self._name = name
        self._make = make
        self._task: asyncio.Task[None] | None = None
        self._over = asyncio.Event()

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._task is not None and not self._task.done()

    async def start(self) -> None:
        """Enter; returns when that is done, raises what it raised; running already, it does nothing."""
        if self.running:
            return
        self._over = asyncio.Event()
        entered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._live(entered), name=self._name)
        try:
            await asyncio.wait({self._task, entered}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await ended(self._task)
            raise
        if not entered.done():
            entered.cancel()
            self._task.result()
            raise NotRunningError(f"{self._name} ended while it began")

    async def stop(self) -> None:
        """Leave; returns when that is done, raises what went wrong since; not running, it does nothing."""
        task, self._task = self._task, None
        if task is None:
            return
        self._over.set()
        await task

    async def _live(self, entered: asyncio.Future[None]) -> None:
        async with self._make():
            with contextlib.suppress(asyncio.InvalidStateError):
                entered.set_result(None)
            await self._over.wait()
