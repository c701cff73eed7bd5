"""Units that do not answer: on a line that they share, they are not asked again at once."""

from collections.abc import Callable
from dataclasses import dataclass

from .errors import UnitSilentError
from .trials import Trials

LONGEST_PAUSE_SECONDS = 60.0
NEVER_HEARD = 10
"""So many times as long as it made others wait pauses a unit that has never answered; else once as long."""
SPARED = 3
"""So many times as long as the trial of a unit known to be silent took, its line is spared the next trial."""


@dataclass(slots=True)
class _Pause:
    times: int
    until: float


class Silence:
    """Who was silent on one line, and until when it is left alone.

    A silent unit holds the line, or the gateway's line behind it, for its whole timeout, in which its
    neighbours wait. So its next polls fail at once, each pause twice as long as the last; a unit that has a
    line to itself harms nobody and is always asked.

    Behind a gateway that asks one unit after the other, whoever waits for an answer may wait for another
    unit's: a silence beside one in doubt proves nothing. Such a unit is in doubt too, and is tried alone.
    """

    def __init__(self, line: str, clock: Callable[[], float]) -> None:
        self._line = line
        self._clock = clock
        self._heard: dict[int, bool] = {}
        self._pauses: dict[int, _Pause] = {}
        self._asked: set[int] = set()
        self._behind_others: set[int] = set()
        self._trials = Trials(clock)

    def check(self, unit: int) -> bool:
        """Let `unit` be polled, unless its neighbours would wait in vain; True when it is in doubt.

        Raises:
            UnitSilentError: it was silent a short while ago, and other units use the line.
        """
        self._heard.setdefault(unit, False)
        pause = self._pauses.get(unit)
        if pause is None or len(self._heard) == 1:
            return False
        if self._clock() < pause.until:
            what = f"not polled, it was silent {pause.times} times in a row and others need the line"
            raise UnitSilentError(what, line=self._line, unit=unit)
        return True

    async def begin_trial(self, unit: int) -> None:
        """Wait until no other unit in doubt is asked; `end_trial` must follow.

        Raises:
            UnitSilentError: others are tried for too long.
        """
        try:
            await self._trials.begin()
        except TimeoutError:
            what = "not polled, it was silent and others that were are tried first"
            raise UnitSilentError(what, line=self._line, unit=unit) from None

    def end_trial(self) -> None:
        """Let the next unit in doubt be tried."""
        self._trials.end()

    def asked(self, unit: int) -> None:
        """Note that `unit` is asked now; `ended` must follow."""
        if self._asked:
            self._behind_others.add(unit)
        if not self._heard.get(unit) or unit in self._pauses:
            self._asked.add(unit)

    def ended(self, unit: int) -> None:
        """Note that nothing is awaited of `unit` any more."""
        self._asked.discard(unit)
        self._behind_others.discard(unit)

    def heard(self, unit: int) -> None:
        """Note that `unit` answered."""
        self._heard[unit] = True
        self._pauses.pop(unit, None)

    def missed(self, unit: int, waited_seconds: float, *, is_told: bool = False) -> None:
        """Note that `unit` did not answer, and how long it kept the line for nothing.

        `is_told`: the gateway says so of this very unit.
        """
        known = self._pauses.get(unit)
        before = known.times if known else 0
        if not is_told and (unit in self._behind_others or self._asked - {unit}):
            self._pauses[unit] = _Pause(before, self._clock())
            return
        factor = 2.0 ** min(before, 10) * (1 if self._heard.get(unit) else NEVER_HEARD)
        until = self._clock() + min(factor * waited_seconds, LONGEST_PAUSE_SECONDS)
        self._pauses[unit] = _Pause(before + 1, until)
        if before:
            self._trials.spare(SPARED * waited_seconds)
