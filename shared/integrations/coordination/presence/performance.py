"""How well an agent does its work, in two numbers that others choose by.

Load: of the places for messages and tasks, how many are taken, in percent. Score: of the last 200 pieces of
work, 70 points for the share that went well, 30 for the share that was done within a second (of a message)
or before its deadline (of a task); 100 before there were any.
"""

from collections import deque
from collections.abc import Callable

Load = Callable[[], tuple[int, int]]
"""How many places for work are taken, and how many there are."""
WINDOW = 200
PROMPT_SECONDS = 1.0
WELL_POINTS, PROMPT_POINTS = 70.0, 30.0


class Performance:
    """Counts what an agent did."""

    def __init__(self) -> None:
        self._last: deque[tuple[bool, bool]] = deque(maxlen=WINDOW)

    def note(self, *, well: bool, prompt: bool) -> None:
        """Note a piece of work that is over."""
        self._last.append((well, prompt))

    @property
    def score(self) -> float:
        """0..100."""
        if not self._last:
            return WELL_POINTS + PROMPT_POINTS
        well = sum(well for well, _ in self._last) / len(self._last)
        prompt = sum(prompt for _, prompt in self._last) / len(self._last)
        return round(WELL_POINTS * well + PROMPT_POINTS * prompt, 1)


def load(busy: int, places: int) -> float:
    """Return how much of an agent is taken, in percent; above 100 where it took more than it has places."""
    return round(100.0 * busy / max(places, 1), 1)
