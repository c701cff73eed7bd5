"""A totaliser made here, for a meter that has none: the flow added up over time."""

import math

from msgspec import Struct

from integrations.devices.samples import utc_datetime
from integrations.messages import Status, is_bad, is_good

from .readings import TotalizerState

HOUR_NS = 3_600_000_000_000


class MeasuredFlow(Struct, frozen=True):
    """A flow in mass units per hour at one moment (UTC ns), with its StatusCode."""

    per_hour: float
    status: int
    time_ns: int

    @property
    def is_usable(self) -> bool:
        """Whether it is a flow at all."""
        return math.isfinite(self.per_hour) and not is_bad(self.status)


class FlowIntegrator:
    """Adds up by trapezoids between readings that are not further apart than `max_gap_seconds`.

    What flowed in a longer gap nobody knows: it is not counted, and `status` is UncertainSubNormal from then
    on, as it is once an uncertain flow went in. A meter that may not run backwards never counts down.
    """

    def __init__(self, max_gap_seconds: float, *, may_run_backwards: bool = False) -> None:
        self._max_gap_ns = round(max_gap_seconds * 1e9)
        self._least = -math.inf if may_run_backwards else 0.0
        self._last: MeasuredFlow | None = None
        self.status: int = Status.GOOD

    def restart(self) -> None:
        """Begin a new count, which knows nothing of earlier doubts."""
        self.status = Status.GOOD

    def update(self, state: TotalizerState, flow: MeasuredFlow) -> float | None:
        """Take a flow into `state`; return the seconds of a gap that was too long to be counted.

        A flow that is not usable changes nothing: the gap it leaves is judged by the next one that is.
        """
        if not flow.is_usable:
            return None
        last, self._last = self._last, flow
        if not is_good(flow.status):
            self.status = Status.UNCERTAIN_SUBNORMAL
        elapsed_ns = flow.time_ns - last.time_ns if last else 0
        state.previous_total = state.current_total
        state.last_update = utc_datetime(flow.time_ns)
        if last is None or elapsed_ns <= 0:
            return None
        if elapsed_ns > self._max_gap_ns:
            self.status = Status.UNCERTAIN_SUBNORMAL
            return elapsed_ns / 1e9
        mean = (max(last.per_hour, self._least) + max(flow.per_hour, self._least)) / 2
        state.current_total += mean * elapsed_ns / HOUR_NS
        state.lifetime_total += mean * elapsed_ns / HOUR_NS
        return None
