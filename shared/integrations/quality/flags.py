"""What the checks' findings mean in QARTOD, in OPC UA and in words."""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from integrations.messages import Flag, Qartod, Status

FLAG_COUNT = len(Flag)
WITHOUT_VALUE = Flag.MISSING | Flag.NOT_FINITE | Flag.SENSOR_STATUS_BAD | Flag.UNCONVERTIBLE
"""A sample with any of these has no clean value."""


class Meaning(NamedTuple):
    """What one flag says to the world."""

    flag: Flag
    qartod: Qartod
    status: Status
    issue: str | None
    """The `DataQualityIssue` it belongs to; None where it is about the sensor's own word, not the data."""


MEANINGS = (
    Meaning(Flag.MISSING, Qartod.MISSING, Status.BAD, "missing"),
    Meaning(Flag.NOT_FINITE, Qartod.FAIL, Status.BAD_SENSOR_FAILURE, "out_of_range"),
    Meaning(Flag.SENSOR_STATUS_BAD, Qartod.FAIL, Status.BAD, None),
    Meaning(Flag.UNCONVERTIBLE, Qartod.NOT_EVALUATED, Status.BAD_CONFIGURATION_ERROR, "inconsistent"),
    Meaning(Flag.OUT_OF_RANGE, Qartod.FAIL, Status.UNCERTAIN_EU_EXCEEDED, "out_of_range"),
    Meaning(Flag.NEGATIVE, Qartod.FAIL, Status.UNCERTAIN_SENSOR_NOT_ACCURATE, "inconsistent"),
    Meaning(Flag.STALE, Qartod.SUSPECT, Status.UNCERTAIN_LAST_USABLE, "stale_data"),
    Meaning(Flag.RATE_OF_CHANGE, Qartod.SUSPECT, Status.UNCERTAIN, "spike"),
    Meaning(Flag.FLATLINE, Qartod.SUSPECT, Status.UNCERTAIN, "flatline"),
    Meaning(Flag.SENSOR_STATUS_UNCERTAIN, Qartod.SUSPECT, Status.UNCERTAIN, None),
    Meaning(Flag.FUTURE, Qartod.SUSPECT, Status.UNCERTAIN, "inconsistent"),
    Meaning(Flag.OUT_OF_ORDER, Qartod.SUSPECT, Status.UNCERTAIN, "inconsistent"),
    Meaning(Flag.DUPLICATE, Qartod.SUSPECT, Status.UNCERTAIN, "inconsistent"),
    Meaning(Flag.SIMULATED, Qartod.SUSPECT, Status.GOOD_EDITED, None),
)
"""Most telling first: where several flags of one severity meet, the status is that of the first."""

_QARTOD_FROM_MILD_TO_GRAVE = (Qartod.NOT_EVALUATED, Qartod.SUSPECT, Qartod.FAIL, Qartod.MISSING)

Flags = NDArray[np.uint16]
Statuses = NDArray[np.uint32]


def qartod_from_flags(flags: Flags) -> NDArray[np.uint8]:
    """Return the gravest QARTOD flag of each sample."""
    return _qartod_table()[flags]


def status_from_flags(flags: Flags, device_status: Statuses) -> Statuses:
    """Return the worse of what we found and what the device said; at equal severity the device's stays."""
    found = _status_table()[flags]
    ours = (found >> 30 > device_status >> 30) | (device_status == Status.GOOD)
    return np.where(ours, found, device_status)


def names(flags: int) -> list[str]:
    """Return the names in a mask, for people; bits from a newer version are shown as numbers."""
    known = [flag.name or "" for flag in Flag if flags & flag]
    rest = flags >> FLAG_COUNT << FLAG_COUNT
    return [*known, *([f"{rest:#x}"] if rest else [])]


def words(flags: int) -> str:
    """Return a mask as a phrase: `outside valid range, changes too fast`."""
    return ", ".join(meaning.flag.words for meaning in MEANINGS if flags & meaning.flag)


def issues(flags: int) -> list[str]:
    """Return the values of `DataQualityIssue` that a mask amounts to, each once."""
    found = (meaning.issue for meaning in MEANINGS if flags & meaning.flag)
    return list(dict.fromkeys(issue for issue in found if issue))


def every_mask() -> Flags:
    """All combinations of flags, so that a table can be indexed by a mask."""
    return np.arange(1 << FLAG_COUNT, dtype=np.uint16)


@cache
def _qartod_table() -> NDArray[np.uint8]:
    masks = every_mask()
    table = np.full(masks.size, Qartod.GOOD, dtype=np.uint8)
    for level in _QARTOD_FROM_MILD_TO_GRAVE:
        for meaning in MEANINGS:
            if meaning.qartod is level:
                table[masks & meaning.flag != 0] = level
    return table


@cache
def _status_table() -> Statuses:
    masks = every_mask()
    table = np.full(masks.size, Status.GOOD, dtype=np.uint32)
    for meaning in sorted(MEANINGS, key=lambda meaning: -(meaning.status >> 30)):
        table[(masks & meaning.flag != 0) & (table == Status.GOOD)] = meaning.status
    return table
