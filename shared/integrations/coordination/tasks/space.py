"""Room in the bucket of tasks: where it grows short, ended tasks are forgotten before their day is over."""

import asyncio
import contextlib
from collections.abc import Iterable

import structlog

from integrations.bus import Bus, JetStreamError, JetStreamUnavailableError

from .store import PREFIX, STREAM

log = structlog.get_logger(__name__)

FULL, SHORT = 0.85, 0.7
"""Shares of the bucket: from the one on no task is taken in, from the other on ended ones are forgotten."""
AT_A_TIME = 1000
SIDE_BY_SIDE = 50


class Space:
    """How full the bucket is; a full one would take no step of any task any more, ends included."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._bytes, self._most = 0, 0
        self._was_full = False

    @property
    def full(self) -> bool:
        """Whether no task may be taken in."""
        return self._share > FULL

    @property
    def _share(self) -> float:
        return self._bytes / self._most if self._most > 0 else 0.0

    def took(self, size: int) -> None:
        """Count what has come in since the last look."""
        self._bytes += size

    async def look(self) -> bool:
        """Look how full it is; returns whether ended tasks have to be forgotten."""
        with contextlib.suppress(JetStreamError, JetStreamUnavailableError):
            info = await self._bus.api(f"STREAM.INFO.{STREAM}")
            self._bytes, self._most = info["state"]["bytes"], info["config"].get("max_bytes", -1)
        if self.full != self._was_full:
            self._was_full = self.full
            log.warning("no room for tasks: new ones wait" if self.full else "there is room for tasks again")
        return self._share > SHORT

    async def forget(self, task_ids: Iterable[str]) -> None:
        """Take ended tasks out of the bucket."""
        ids = list(task_ids)
        log.info("ended tasks are forgotten early", tasks=len(ids), bucket_percent=round(100 * self._share))
        for first in range(0, len(ids), SIDE_BY_SIDE):
            await asyncio.gather(*map(self._purge, ids[first : first + SIDE_BY_SIDE]))

    async def _purge(self, task_id: str) -> None:
        with contextlib.suppress(JetStreamError, JetStreamUnavailableError):
            await self._bus.api(f"STREAM.PURGE.{STREAM}", {"filter": PREFIX + task_id})
