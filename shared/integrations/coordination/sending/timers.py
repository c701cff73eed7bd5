"""Timers that nearly always end unheard: one of the event loop for all that are due at the same time."""

import asyncio
import itertools
import math
from collections.abc import Callable

TICK_SECONDS = 0.05
"""How much later than asked one may ring, at most."""
MOST_EMPTY = 1000
"""Timers of the loop that may be left for nothing, beside as many as are left for something."""

Timer = tuple[int, int]
"""What `cancel` wants."""


class Timers:
    """Rings after a time unless it is cancelled; a timer of the loop for each costs a request a twentieth."""

    def __init__(self) -> None:
        self._slots: dict[int, dict[int, Callable[[], None]]] = {}
        self._handles: dict[int, asyncio.TimerHandle] = {}
        self._most = MOST_EMPTY
        self._numbers = itertools.count()

    def after(self, seconds: float, ring: Callable[[], None]) -> Timer:
        """Call `ring` after `seconds`, and not before."""
        loop = asyncio.get_running_loop()
        slot = math.ceil((loop.time() + seconds) / TICK_SECONDS)
        waiting = self._slots.get(slot)
        if waiting is None:
            self._clear_up()
            waiting = self._slots[slot] = {}
            self._handles[slot] = loop.call_at(slot * TICK_SECONDS, self._ring, slot)
        number = next(self._numbers)
        waiting[number] = ring
        return slot, number

    def cancel(self, timer: Timer) -> None:
        """Have it not ring; it may have."""
        slot, number = timer
        if waiting := self._slots.get(slot):
            waiting.pop(number, None)

    def _clear_up(self) -> None:
        """Leave out, now and then, what was cancelled to the last: that of long times would pile up."""
        if len(self._slots) < self._most:
            return
        for slot in [slot for slot, waiting in self._slots.items() if not waiting]:
            del self._slots[slot]
            self._handles.pop(slot).cancel()
        self._most = 2 * len(self._slots) + MOST_EMPTY

    def _ring(self, slot: int) -> None:
        del self._handles[slot]
        for ring in self._slots.pop(slot).values():
            ring()
