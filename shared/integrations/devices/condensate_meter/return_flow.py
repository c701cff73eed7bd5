"""Return percentage: how much of the steam that went out comes back as condensate."""

import math
from dataclasses import dataclass

from integrations.messages import Origin, Status, is_bad

from .measured import Measured, unknown

SECOND_NS = 1_000_000_000


def return_percentage(condensate: Measured, steam: Measured, min_steam_flow: float) -> Measured:
    """Return condensate per steam in %, both in t/hr.

    Below `min_steam_flow` a ratio says nothing. More than 100 % is carried and doubted: stored condensate may
    come back late, and a leak into the system looks the same.
    """
    for name, flow in (("condensate", condensate), ("steam", steam)):
        if not flow.known:
            return unknown(flow.status, flow.reason or f"{name} flow is not known")
    if steam.value < min_steam_flow:
        reason = f"steam flow {steam.value:g} t/hr is below min_steam_flow = {min_steam_flow:g}"
        return unknown(Status.BAD_OUT_OF_RANGE, reason)
    percentage = 100.0 * condensate.value / steam.value
    status = max(condensate.status, steam.status)
    if 0.0 <= percentage <= 100.0:
        return Measured(percentage, status)
    reason = f"{condensate.value:g} t/hr of condensate against {steam.value:g} t/hr of steam"
    return Measured(percentage, max(status, Status.UNCERTAIN_EU_EXCEEDED), reason)


@dataclass(frozen=True, slots=True)
class SteamFlow:
    """A steam flow that somebody else measured, in t/hr."""

    value: float
    time_ns: int
    status: int
    origin: Origin


class SteamFlowFollower:
    """Keeps the newest steam flow and lends it to samples of about the same time and the same origin."""

    def __init__(self, sensor_id: str, max_age_seconds: float, origin: Origin) -> None:
        self._sensor_id = sensor_id
        self._max_age_ns = round(max_age_seconds * SECOND_NS)
        self._origin = origin
        self._newest: SteamFlow | None = None

    def take(self, flow: SteamFlow) -> None:
        """Take a flow; one from before the newest says nothing new."""
        if self._newest is None or flow.time_ns >= self._newest.time_ns:
            self._newest = flow

    def at(self, time_ns: int) -> Measured:
        """Return the steam flow for a sample of `time_ns`; unknown when there is none that fits."""
        flow, name = self._newest, self._sensor_id
        if flow is None:
            return unknown(Status.BAD_NO_COMMUNICATION, f"no reading of {name} has come")
        if flow.origin is Origin.SIMULATED and self._origin is Origin.MEASURED:
            return unknown(Status.BAD_NO_COMMUNICATION, f"readings of {name} are simulated")
        if abs(time_ns - flow.time_ns) > self._max_age_ns:
            apart = f"more than {self._max_age_ns / SECOND_NS:g} s apart in time"
            return unknown(Status.BAD_NO_COMMUNICATION, f"the last reading of {name} is {apart}")
        if is_bad(flow.status) or not math.isfinite(flow.value):
            status = flow.status if is_bad(flow.status) else Status.BAD
            return unknown(status, f"{name} has no good value")
        return Measured(flow.value, flow.status)
