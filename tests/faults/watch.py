"""Memory and descriptors of every process, looked at once a second."""

import asyncio
import time
from collections import defaultdict

import numpy as np

from .processes import Load
from .site import Site

MOST_BYTES = 600 * 1024 * 1024
MOST_DESCRIPTORS = 300
WARM_UP_SECONDS = 20.0
MIN_SECONDS = 60.0


class Watch:
    """What each process held, life by life."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, int], list[tuple[float, Load]]] = defaultdict(list)

    async def run(self, site: Site) -> None:
        """Look once a second, for ever."""
        while True:
            for process in site.processes:
                if load := process.load():
                    self.seen[process.name, len(process.lives)].append((time.monotonic(), load))
            await asyncio.sleep(1.0)

    def most(self, name: str) -> Load:
        """Return the most that a part held at any time."""
        loads = [load for key, looks in self.seen.items() if key[0] == name for _, load in looks]
        return Load(max(load.memory_bytes for load in loads), max(load.descriptors for load in loads))

    def slope_mib_per_minute(self, name: str) -> float | None:
        """Return how fast a part's memory grew in its longest life, once warm; None if that was short."""
        looks = max((looks for key, looks in self.seen.items() if key[0] == name), key=len, default=[])
        warm = [(at, load.memory_bytes) for at, load in looks if at > looks[0][0] + WARM_UP_SECONDS]
        if len(warm) < MIN_SECONDS:
            return None
        times, sizes = np.array(warm).T
        return float(np.polyfit(times - times[0], sizes, 1)[0] * 60 / 2**20)

    @property
    def bounded(self) -> bool:
        """Whether no part ever held more than it may."""
        return all(
            load.memory_bytes < MOST_BYTES and load.descriptors < MOST_DESCRIPTORS
            for looks in self.seen.values()
            for _, load in looks
        )
