"""How far one flow reading is to be believed: flags, and from them the score."""

import math

from msgspec import Struct

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


class Flow(Struct, frozen=True):
    """A flow to be judged: value in the configured units, OPC UA StatusCode, UTC ns."""

    value: float
    status: int
    time_ns: int
    origin: Origin


def flags_of(flow: Flow, history: Window, config: SteamMeterConfig, resolution: float = 0.0) -> Flag:
    """Return what speaks against `flow`, given the readings before it.

    `resolution` is the smallest step of flow that the meter can show.
    """
    found = 0  # flags are put together as numbers: `|` of two flags takes ten times as long
    if not math.isfinite(flow.value):
        found |= int(Flag.MISSING)
    elif not config.min_valid_flow <= flow.value <= config.max_valid_flow:
        found |= int(Flag.OUT_OF_RANGE)
    if flow.value < 0 <= config.min_valid_flow:
        found |= int(Flag.NEGATIVE)
    if is_bad(flow.status):
        found |= int(Flag.SENSOR_STATUS_BAD)
    elif is_uncertain(flow.status):
        found |= int(Flag.SENSOR_STATUS_UNCERTAIN)
    if flow.origin is Origin.SIMULATED:
        found |= int(Flag.SIMULATED)
    if _changes_too_fast(flow, history, config.max_flow_change_rate):
        found |= int(Flag.RATE_OF_CHANGE)
    if _does_not_move(flow, history, resolution):
        found |= int(Flag.FLATLINE)
    return Flag(found)


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
    last = history.last
    if last and abs(flow.value - last.value) > FLATLINE_TOLERANCE:
        return False
    count = FLATLINE_COUNT
    if resolution > FLATLINE_TOLERANCE:
        count = min(FLATLINE_COUNT * math.ceil(resolution / FLATLINE_TOLERANCE), LONGEST_FLATLINE)
    if len(history) < count - 1:
        return False
    if last and flow.value == last.value and history.repeated >= count - 1:
        return True
    flows = [flow.value, *history.newest(count - 1)]
    return max(flows) - min(flows) <= FLATLINE_TOLERANCE
