"""The words for units and for trouble that users know."""

from enum import StrEnum

from integrations.quality import issues


class UnitSystem(StrEnum):
    """Families of units."""

    SI = "si"
    METRIC = "metric"
    IMPERIAL = "imperial"
    CUSTOM = "custom"


class DataQualityIssue(StrEnum):
    """What may be wrong with a point; every flag of the stream that is about the data belongs to one."""

    MISSING = "missing"
    OUT_OF_RANGE = "out_of_range"
    SPIKE = "spike"
    FLATLINE = "flatline"
    NOISE = "excessive_noise"
    DRIFT = "sensor_drift"
    INCONSISTENT = "inconsistent"
    STALE = "stale_data"


def issues_of(flags: int) -> list[DataQualityIssue]:
    """Return the issues that a mask of flags amounts to, each once."""
    return [DataQualityIssue(issue) for issue in issues(flags)]
