"""How far one flow reading is to be believed: flags, and from them the score."""

import math
from dataclasses import dataclass

from integrations.devices.window import Window
from integrations.messages import Origin, is_bad, is_uncertain
from integrations.quality import Flag, score_of, weights_row

from .config import SteamMeterConfig

FLATLINE_COUNT = 10
FLATLINE_TOLERANCE = 0.01
LONGEST_FLATLINE = 1000
"""Readings after which a register must have moved, however coarse it is."""
MINUTE_NS = 60_000_000_000
_ROW = weights_row("flow_rate")
_NOTHING = Flag(0)


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow to be judged: value in the configured units, OPC UA StatusCode, UTC ns."""

    value: float
    status: int
    time_ns: int
    origin: Origin


def flags_of(flow: Flow, history: Window, config: SteamMeterConfig, resolution: float = 0.0) -> Flag:
    """Return what speaks against `flow`, given the readings before it.

    `resolution` is the smallest step of flow that the meter can show.
    """
    found = _NOTHING
    if not math.isfinite(flow.value):
        found |= Flag.MISSING
    elif not config.min_valid_flow <= flow.value <= config.max_valid_flow:
        found |= Flag.OUT_OF_RANGE
    if flow.value < 0 <= config.min_valid_flow:
        found |= Flag.NEGATIVE
    if is_bad(flow.status):
        found |= Flag.SENSOR_STATUS_BAD
    elif is_uncertain(flow.status):
        found |= Flag.SENSOR_STATUS_UNCERTAIN
    if flow.origin is Origin.SIMULATED:
        found |= Flag.SIMULATED
    if _changes_too_fast(flow, history, config.max_flow_change_rate):
        found |= Flag.RATE_OF_CHANGE
    if _does_not_move(flow, history, resolution):
        found |= Flag.FLATLINE
    return found


def quality_score(flags: Flag) -> float:
    """Return the score of a flow with these flags, 0 to 100."""
    return score_of(int(flags), _ROW)


def _changes_too_fast(flow: Flow, history: Window, limit_per_minute: float) -> bool:
    last = history.last
    if last is None or not math.isfinite(flow.value) or flow.time_ns <= last.time_ns:
        return False
    minutes = (flow.time_ns - last.time_ns) / MINUTE_NS
    return abs(flow.value - last.value) > limit_per_minute * minutes


def _does_not_move(flow: Flow, history: Window, resolution: float) -> bool:
    """Whether a live flow would have moved by now.

    A shut meter shows 0 for as long as it is shut. A register of whole tonnes stands still while the flow
    does not: one that is 100 times as coarse as the tolerance must stand 100 times as long.
    """
    if flow.value == 0:
        return False
    count = min(FLATLINE_COUNT * math.ceil(max(1.0, resolution / FLATLINE_TOLERANCE)), LONGEST_FLATLINE)
    last = history.last
    if len(history) < count - 1 or (last and abs(flow.value - last.value) > FLATLINE_TOLERANCE):
        return False
    flows = [flow.value, *history.newest(count - 1)]
    return max(flows) - min(flows) <= FLATLINE_TOLERANCE
