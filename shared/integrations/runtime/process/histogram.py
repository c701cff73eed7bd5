"""A histogram that is filled many values at a time."""

import asyncio
from collections.abc import Callable

GATHER_SECONDS = 0.25
"""How late a value may be in what is exported."""


class Gathering:
    """Hands values on to `record` a little later, in a row: measured, each by itself costs twice as much."""

    def __init__(self, record: Callable[[float], None]) -> None:
        self._record = record
        self._values: list[float] = []

    def __call__(self, value: float) -> None:
        """Take a value; the running event loop sees to the rest."""
        if not self._values:
            asyncio.get_running_loop().call_later(GATHER_SECONDS, self.hand_on)
        self._values.append(value)

    def hand_on(self) -> None:
        """Record what was gathered."""
        values, self._values = self._values, []
        for value in values:
            self._record(value)
