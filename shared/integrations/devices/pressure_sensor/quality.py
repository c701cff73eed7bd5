"""How far one pressure reading is to be believed: flags, and from them the score."""

import math
from dataclasses import dataclass

from integrations.devices.window import Window
from integrations.messages import Origin, is_bad, is_uncertain
from integrations.quality import Flag, score_of

from .config import PressureSensorConfig

SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Pressure:
    """A pressure to be judged: value in the configured unit, OPC UA StatusCode, UTC ns."""

    value: float
    status: int
    time_ns: int
    origin: Origin


class PressureJudge:
    """Judges the readings of one sensor."""

    def __init__(self, config: PressureSensorConfig) -> None:
        self._low, self._high = config.min_pressure, config.max_pressure
        self._rate_per_second = config.max_pressure_change_rate / config.bar_per_unit

    def flags(self, pressure: Pressure, history: Window) -> Flag:
        """Return what speaks against a pressure, given the readings before it."""
        found = Flag(0)
        if not math.isfinite(pressure.value):
            found |= Flag.MISSING
        elif not self._low <= pressure.value <= self._high:
            found |= Flag.OUT_OF_RANGE
        if is_bad(pressure.status):
            found |= Flag.SENSOR_STATUS_BAD
        elif is_uncertain(pressure.status):
            found |= Flag.SENSOR_STATUS_UNCERTAIN
        if pressure.origin is Origin.SIMULATED:
            found |= Flag.SIMULATED
        if self._changes_too_fast(pressure, history):
            found |= Flag.RATE_OF_CHANGE
        return found

    def _changes_too_fast(self, pressure: Pressure, history: Window) -> bool:
        last = history.last
        if last is None or not math.isfinite(pressure.value) or pressure.time_ns <= last.time_ns:
            return False
        seconds = (pressure.time_ns - last.time_ns) / SECOND_NS
        return abs(pressure.value - last.value) > self._rate_per_second * seconds


def quality_score(flags: Flag) -> float:
    """Return the score of a pressure, 0 to 100; drift weighs as the uncertain status that it brings."""
    return score_of(int(flags))
