"""Units that do not answer: on a line that they share, they are not asked again at once."""

from collections.abc import Callable
from dataclasses import dataclass

from .errors import UnitSilentError

LONGEST_PAUSE_SECONDS = 60.0
NEVER_HEARD = 10
"""So many times as long as it made others wait pauses a unit that has never answered; else once as long."""


@dataclass(slots=True)
class _Pause:
    times: int
    until: float


class Silence:
    """Who was silent on one line, and until when it is left alone.

    A silent unit holds the line, or the gateway's line behind it, for its whole timeout, in which its
    neighbours wait. So its next polls fail at once, each pause twice as long as the last; a unit that has a
    line to itself harms nobody and is always asked.
    """

    def __init__(self, line: str, clock: Callable[[], float]) -> None:
        self._line = line
        self._clock = clock
        self._heard: dict[int, bool] = {}
        self._pauses: dict[int, _Pause] = {}

    def check(self, unit: int) -> None:
        """Let `unit` be polled, unless its neighbours would wait in vain.

        Raises:
            UnitSilentError: it was silent a short while ago, and other units use the line.
        """
        self._heard.setdefault(unit, False)
        pause = self._pauses.get(unit)
        if pause is None or len(self._heard) == 1 or self._clock() >= pause.until:
            return
        what = f"not polled, it was silent {pause.times} times in a row and others need the line"
        raise UnitSilentError(what, line=self._line, unit=unit)

    def heard(self, unit: int) -> None:
        """Note that `unit` answered."""
        self._heard[unit] = True
        self._pauses.pop(unit, None)

    def missed(self, unit: int, waited_seconds: float) -> None:
        """Note that `unit` did not answer, and how long it kept the line for nothing."""
        times = self._pauses[unit].times + 1 if unit in self._pauses else 1
        factor = 2.0 ** min(times - 1, 10) * (1 if self._heard.get(unit) else NEVER_HEARD)
        self._pauses[unit] = _Pause(
            times, self._clock() + min(factor * waited_seconds, LONGEST_PAUSE_SECONDS)
        )
