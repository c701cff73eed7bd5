"""Which tags are asked for when: each at its scan rate, and those that are reported when they grow quiet."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence

from .config import SCADAConnectionConfig
from .scan import ScanGrid

CONFIRM_SECONDS = 10.0
"""A tag that a subscription has not reported for so long is asked for: a report may have got lost."""


class Schedule:
    """Scan groups of a table of tags."""

    def __init__(self, config: SCADAConnectionConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._subscribes = config.subscribes
        groups: dict[float, list[int]] = defaultdict(list)
        for at, tag in enumerate(config.table):
            groups[tag.scan_rate / 1000].append(at)
        self._periods = [config.subscription_interval_ms / 1000] if config.subscribes else list(groups)
        self._groups = list(groups.values())
        self._patience = [confirm_seconds(tag.scan_rate) for tag in config.table]
        self._heard = [clock()] * len(config.table)

    def grid(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> ScanGrid:
        """Return the grid of the polls: of each scan rate, or of the subscription."""
        return ScanGrid(self._periods, clock=self._clock, sleep=sleep)

    def note(self, tags: Iterable[int]) -> None:
        """Take note that there are readings of `tags`."""
        now = self._clock()
        for tag in tags:
            self._heard[tag] = now

    def due(self, groups: Iterable[int]) -> Sequence[int]:
        """Return the tags to ask for, the periods `groups` of the grid being over."""
        if not self._subscribes:
            return [tag for group in groups for tag in self._groups[group]]
        now = self._clock()
        return [tag for tag, heard in enumerate(self._heard) if now - heard >= self._patience[tag]]


def confirm_seconds(scan_rate: int) -> float:
    """Return after what silence a reported tag is asked for, its scan rate in milliseconds."""
    return max(CONFIRM_SECONDS, scan_rate / 1000)
