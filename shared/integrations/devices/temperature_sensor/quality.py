"""How far one temperature is to be believed: flags, and from them the score."""

from integrations.messages import Origin, is_bad
from integrations.quality import Flag, score_of, weights_row

from .config import TemperatureSensorConfig

_ROW = weights_row("temperature")


def flags_of(
    value: float, status: int, origin: Origin, change_c_per_minute: float, config: TemperatureSensorConfig
) -> Flag:
    """Return what speaks against a sample whose value is in the configured unit."""
    found = Flag.SIMULATED if origin is Origin.SIMULATED else Flag(0)
    if is_bad(status):
        return found | Flag.MISSING | Flag.SENSOR_STATUS_BAD
    if not config.min_temp <= value <= config.max_temp:
        found |= Flag.OUT_OF_RANGE
    if abs(change_c_per_minute) > config.max_temp_change_rate:
        found |= Flag.RATE_OF_CHANGE
    return found


def quality_score(flags: Flag) -> float:
    """Return the score of a sample with these flags, 0 to 100."""
    return score_of(int(flags), _ROW)
