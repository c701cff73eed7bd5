"""Whose turn it is: of all that could do something the oldest does it, the others stand by."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection
from typing import Protocol

import structlog

from .members import HEARTBEAT_SECONDS
from .patience import patiently

log = structlog.get_logger(__name__)

_BEGAN = re.compile(r"-([0-9a-f]+)\Z")


class Present(Protocol):
    """Those that are alive, one of which we are; see `Members`."""

    name: str

    async def renew(self) -> None:
        """Say that we are alive."""

    async def present(self) -> set[str]:
        """Return the names of all."""


class Turn:
    """Looks every second who is there; while it is ours `ours` is set, otherwise `others`.

    An older one that comes back from a pause takes its turn back. Until the younger one sees it both may
    work: what they do must come to the same.
    """

    def __init__(
        self, members: Present, what: str, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self.ours, self.others = asyncio.Event(), asyncio.Event()
        self.others.set()
        self._members = members
        self._what = what
        self._sleep = sleep

    async def keep(self) -> None:
        """Look for ever."""
        while True:
            await self._members.renew()
            self._note(oldest(await patiently(self._members.present)) == self._members.name)
            await self._sleep(HEARTBEAT_SECONDS)

    async def take(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do `work` whenever it is our turn, for ever; it is cancelled where the turn ends."""
        while True:
            await self.ours.wait()
            working = asyncio.ensure_future(work())
            ending = asyncio.create_task(self.others.wait(), name="end of the turn")
            try:
                await asyncio.wait([working, ending], return_when=asyncio.FIRST_COMPLETED)
                if working.done():
                    return working.result()
            finally:
                working.cancel()
                ending.cancel()
                await asyncio.wait([working, ending])

    def _note(self, is_ours: bool) -> None:
        if is_ours == self.ours.is_set():
            return
        log.info("it is our turn" if is_ours else "it is the turn of another", what=self._what)
        for event, state in ((self.ours, is_ours), (self.others, not is_ours)):
            event.set() if state else event.clear()


def oldest(names: Collection[str]) -> str | None:
    """Return who has been there longest; a name that does not end with when it began, in hex, is nobody's."""
    began = {name: int(match[1], 16) for name in names if (match := _BEGAN.search(name))}
    return min(began, key=lambda name: (began[name], name), default=None)
