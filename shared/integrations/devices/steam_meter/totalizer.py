"""Follows a totaliser through rollover, reset and change of the meter.

A total that falls has three explanations. The tracker takes the one whose increment fits what flowed: a
rollover continues past the largest count, a reset starts again at 0, a new meter starts anywhere.
"""

import math
from dataclasses import dataclass
from enum import Enum

from integrations.devices.samples import utc_datetime

from .readings import TotalizerState

SLACK = 5.0
"""A fall is explained by an increment of up to this many times what flowed at the larger of the two flows."""
ROLLOVER_SLACK = 1e-3
"""Part of the range within which a fall from the top to the bottom is a rollover whatever the flow says."""
SLACK_COUNTS = 10.0
"""Counts that a total may go astray: meters round, show their total late, and flow is sampled."""
GRACE_HOURS = 1.0
"""A total may have stood this long on the display before it grew by all that flowed."""
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
        max_flow_per_hour: more than this never passes: a total that grows faster is another meter's.
    """

    def __init__(self, rollover: float, resolution: float, max_flow_per_hour: float) -> None:
        self._modulus = rollover + resolution
        self._resolution = resolution
        self._slack = SLACK_COUNTS * resolution
        self._max_flow = max_flow_per_hour
        self._last: Total | None = None

    def update(self, state: TotalizerState, new: Total) -> TotalizerEvent | None:
        """Take a new total into `state`; return what happened when it did not simply grow.

        A total that is not finite says nothing: it changes neither `state` nor what comes after.
        """
        if not math.isfinite(new.value):
            return None
        last, self._last = self._last, new
        event, increment = self._explain(last, new) if last else (None, new.value)
        state.previous_total = last.value if last else new.value
        state.current_total = new.value
        state.last_update = utc_datetime(new.time_ns)
        state.lifetime_total += increment
        state.rollover_count += event is TotalizerEvent.ROLLOVER
        return event

    def _explain(self, last: Total, new: Total) -> tuple[TotalizerEvent | None, float]:
        growth = new.value - last.value
        hours = max(0, new.time_ns - last.time_ns) / HOUR_NS
        if growth >= 0:
            possible = self._max_flow * (hours + GRACE_HOURS) + self._slack
            return (None, growth) if growth <= possible else (TotalizerEvent.METER_SWAP, 0.0)
        is_the_same_count = -growth < self._resolution / 2
        if is_the_same_count or -growth <= self._slack < new.value:
            return None, growth
        believable = self._believable(last, new, hours)
        around = growth + self._modulus
        if 0 <= around <= max(believable + self._slack, ROLLOVER_SLACK * self._modulus):
            return TotalizerEvent.ROLLOVER, around
        if new.value <= believable + self._slack:
            return TotalizerEvent.RESET, new.value
        return TotalizerEvent.METER_SWAP, 0.0

    def _believable(self, last: Total, new: Total, hours: float) -> float:
        """Largest increment that the flow explains; without a flow, that the meter can measure."""
        flows = [abs(flow) for flow in (last.flow_per_hour, new.flow_per_hour) if math.isfinite(flow)]
        return (SLACK * max(flows) if flows else self._max_flow) * hours
