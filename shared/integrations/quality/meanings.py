"""What each flag says to the world: to QARTOD, OPC UA, NE 107 and in the words of data quality."""

from enum import StrEnum
from typing import NamedTuple

from integrations.messages import Flag, Qartod, Status


class Dimension(StrEnum):
    """What a flag tells about data."""

    VALIDITY = "validity"
    """The value is one that can be."""
    COMPLETENESS = "completeness"
    """There is a measured value."""
    TIMELINESS = "timeliness"
    """It belongs to its time."""
    CONSISTENCY = "consistency"
    """It agrees with its neighbours and with other sensors."""
    STABILITY = "stability"
    """The sensor behaves as it did."""


class Ne107(StrEnum):
    """Status signals of NAMUR NE 107."""

    FAILURE = "F"
    CHECK_FUNCTION = "C"
    OUT_OF_SPECIFICATION = "S"
    MAINTENANCE_REQUIRED = "M"


class Meaning(NamedTuple):
    """What one flag says."""

    flag: Flag
    dimension: Dimension
    qartod: Qartod
    status: Status
    ne107: Ne107
    issue: str | None
    """The `DataQualityIssue` it belongs to; None where it is about the sensor's own word, not the data."""


_VALIDITY, _COMPLETENESS, _TIMELINESS, _CONSISTENCY, _STABILITY = Dimension
_F, _C, _S, _ = Ne107
_MISSING, _FAIL, _SUSPECT = Qartod.MISSING, Qartod.FAIL, Qartod.SUSPECT
_DOUBT, _INACCURATE = Status.UNCERTAIN, Status.UNCERTAIN_SENSOR_NOT_ACCURATE
_UNREADABLE = Status.BAD_CONFIGURATION_ERROR

MEANINGS = (
    Meaning(Flag.MISSING, _COMPLETENESS, _MISSING, Status.BAD, _F, "missing"),
    Meaning(Flag.NOT_FINITE, _VALIDITY, _FAIL, Status.BAD_SENSOR_FAILURE, _F, "out_of_range"),
    Meaning(Flag.SENSOR_STATUS_BAD, _VALIDITY, _FAIL, Status.BAD, _F, None),
    Meaning(Flag.UNCONVERTIBLE, _VALIDITY, Qartod.NOT_EVALUATED, _UNREADABLE, _C, "inconsistent"),
    Meaning(Flag.OUT_OF_RANGE, _VALIDITY, _FAIL, Status.UNCERTAIN_EU_EXCEEDED, _S, "out_of_range"),
    Meaning(Flag.NEGATIVE, _VALIDITY, _FAIL, _INACCURATE, _S, "inconsistent"),
    Meaning(Flag.STALE, _TIMELINESS, _SUSPECT, Status.UNCERTAIN_LAST_USABLE, _S, "stale_data"),
    Meaning(Flag.ESTIMATED, _COMPLETENESS, _SUSPECT, Status.UNCERTAIN_SUBSTITUTE_VALUE, _S, "missing"),
    Meaning(Flag.AT_LIMIT, _VALIDITY, _SUSPECT, _INACCURATE, _S, "out_of_range"),
    Meaning(Flag.DRIFT, _STABILITY, _SUSPECT, _INACCURATE, _S, "sensor_drift"),
    Meaning(Flag.INCONSISTENT, _CONSISTENCY, _SUSPECT, _INACCURATE, _S, "inconsistent"),
    Meaning(Flag.RATE_OF_CHANGE, _CONSISTENCY, _SUSPECT, _DOUBT, _S, "spike"),
    Meaning(Flag.OUTLIER, _CONSISTENCY, _SUSPECT, _DOUBT, _S, "spike"),
    Meaning(Flag.FLATLINE, _STABILITY, _SUSPECT, _DOUBT, _S, "flatline"),
    Meaning(Flag.NOISE, _STABILITY, _SUSPECT, _DOUBT, _S, "excessive_noise"),
    Meaning(Flag.SENSOR_STATUS_UNCERTAIN, _VALIDITY, _SUSPECT, _DOUBT, _S, None),
    Meaning(Flag.FUTURE, _TIMELINESS, _SUSPECT, _DOUBT, _S, "inconsistent"),
    Meaning(Flag.OUT_OF_ORDER, _TIMELINESS, _SUSPECT, _DOUBT, _S, "inconsistent"),
    Meaning(Flag.DUPLICATE, _TIMELINESS, _SUSPECT, _DOUBT, _S, "inconsistent"),
    Meaning(Flag.SIMULATED, _VALIDITY, _SUSPECT, Status.GOOD_EDITED, _C, None),
)
"""Most telling first: where several flags of one severity meet, the status is that of the first."""
