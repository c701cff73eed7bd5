"""How far one condensate flow is to be believed: flags, and from them the score."""

import math

from integrations.devices.window import Window
from integrations.messages import Origin, is_bad, is_uncertain
from integrations.quality import Flag, score_of

from .config import CondensateMeterConfig
from .measured import Measured

MINUTE_NS = 60_000_000_000


def flags_of(
    flow: Measured, time_ns: int, origin: Origin, history: Window, config: CondensateMeterConfig
) -> Flag:
    """Return what speaks against `flow` in t/hr at UTC `time_ns`, given the flows before it."""
    found = Flag(0)
    if not math.isfinite(flow.value):
        found |= Flag.MISSING
    elif not config.min_flow <= flow.value <= config.max_flow:
        found |= Flag.OUT_OF_RANGE
    if is_bad(flow.status):
        found |= Flag.SENSOR_STATUS_BAD
    elif is_uncertain(flow.status):
        found |= Flag.SENSOR_STATUS_UNCERTAIN
    if origin is Origin.SIMULATED:
        found |= Flag.SIMULATED
    if _changes_too_fast(flow, time_ns, history, config.max_flow_change_rate):
        found |= Flag.RATE_OF_CHANGE
    return found


def quality_score(flags: Flag) -> float:
    """Return the score of a flow with these flags, 0 to 100, by the validator's weights."""
    return score_of(int(flags))


def _changes_too_fast(flow: Measured, time_ns: int, history: Window, limit_per_minute: float) -> bool:
    last = history.last
    if not limit_per_minute or last is None or not flow.known or time_ns <= last.time_ns:
        return False
    minutes = (time_ns - last.time_ns) / MINUTE_NS
    return abs(flow.value - last.value) > limit_per_minute * minutes
