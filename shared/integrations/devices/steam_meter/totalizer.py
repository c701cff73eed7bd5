"""Follows a totaliser through rollover, reset and change of the meter.

A total that falls has three explanations. The tracker takes the one whose increment fits what flowed: a
rollover continues past the largest count, a reset starts again at 0, a new meter starts anywhere.
"""

import math
from dataclasses import dataclass
from enum import Enum

from .readings import TotalizerState

SLACK = 5.0
"""An increment may be this many times what flowed at the larger of the two flows."""
ROLLOVER_SLACK = 1e-3
"""Part of the range within which a fall from the top to the bottom is a rollover whatever the flow says."""
RESET_SLACK_COUNTS = 10.0
"""Counts that a total may show soon after a reset at no flow: meters round, and flow is sampled."""
HOUR_NS = 3_600_000_000_000


class TotalizerEvent(Enum):
    """Why a total did not simply grow."""

    ROLLOVER = "rollover"
    RESET = "reset"
    METER_SWAP = "meter_swap"


@dataclass(frozen=True, slots=True)
class Total:
    """A totaliser at one moment: total in mass units, time in UTC ns, flow in mass units per hour."""

    value: float
    time_ns: int
    flow_per_hour: float


class TotalizerTracker:
    """Counts on over whatever happens to the register.

    Args:
        rollover: largest total the register shows; the count after it is 0.
        resolution: smallest step of the total, in the same unit.
    """

    def __init__(self, rollover: float, resolution: float = 1.0) -> None:
        self._modulus = rollover + resolution
        self._resolution = resolution
        self._last: Total | None = None

    def update(self, state: TotalizerState, new: Total) -> TotalizerEvent | None:
        """Take a new total into `state`; return what happened when it did not simply grow."""
        if not math.isfinite(new.value):
            return None
        last, self._last = self._last, new
        event, increment = self._explain(last, new) if last else (None, 0.0)
        state.previous_total = last.value if last else new.value
        state.current_total = new.value
        state.lifetime_total += increment if last else new.value
        state.rollover_count += event is TotalizerEvent.ROLLOVER
        return event

    def _explain(self, last: Total, new: Total) -> tuple[TotalizerEvent | None, float]:
        growth = new.value - last.value
        believable = self._believable(last, new)
        if growth >= 0:
            if growth <= believable + ROLLOVER_SLACK * self._modulus:
                return None, growth
            return TotalizerEvent.METER_SWAP, 0.0
        around = growth + self._modulus
        if 0 <= around <= max(believable, ROLLOVER_SLACK * self._modulus):
            return TotalizerEvent.ROLLOVER, around
        if new.value <= believable + RESET_SLACK_COUNTS * self._resolution:
            return TotalizerEvent.RESET, new.value
        return TotalizerEvent.METER_SWAP, 0.0

    def _believable(self, last: Total, new: Total) -> float:
        """Largest increment that the flow explains."""
        flows = [abs(flow) for flow in (last.flow_per_hour, new.flow_per_hour) if math.isfinite(flow)]
        hours = max(0, new.time_ns - last.time_ns) / HOUR_NS
        return SLACK * max(flows, default=0.0) * hours
