"""What a mask of findings means in QARTOD, in OPC UA, in NE 107 and in words."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from integrations.messages import Flag, Qartod, Status

from .masks import Flags, every_tabled_mask, tabled, wide
from .meanings import MEANINGS, Ne107

FLAG_COUNT = len(Flag)
WITHOUT_VALUE = Flag.MISSING | Flag.NOT_FINITE | Flag.SENSOR_STATUS_BAD | Flag.UNCONVERTIBLE
"""A sample with any of these has no clean value."""

_QARTOD_FROM_MILD_TO_GRAVE = (Qartod.NOT_EVALUATED, Qartod.SUSPECT, Qartod.FAIL, Qartod.MISSING)
_NE107_GRAVEST_FIRST = (Ne107.FAILURE, Ne107.CHECK_FUNCTION, Ne107.OUT_OF_SPECIFICATION)

Statuses = NDArray[np.uint32]

_GOOD = np.uint32(Status.GOOD)


def qartod_from_flags(flags: Flags) -> NDArray[np.uint8]:
    """Return the gravest QARTOD flag of each sample."""
    found = _qartod_table()[tabled(flags)]
    if (at := wide(flags)).size:
        found[at] = _qartod(flags[at])
    return found


def status_from_flags(flags: Flags, device_status: Statuses) -> Statuses:
    """Return the worse of what we found and what the device said; at equal severity the device's stays."""
    found = _status_table()[tabled(flags)]
    if (at := wide(flags)).size:
        found[at] = _status(flags[at])
    ours = (found >> 30 > device_status >> 30) | (device_status == _GOOD)
    return np.where(ours, found, device_status)


def ne107_from_flags(flags: int) -> Ne107 | None:
    """Return the gravest NE 107 status signal in a mask; None where nothing was found."""
    signals = {meaning.ne107 for meaning in MEANINGS if flags & meaning.flag}
    return next((signal for signal in _NE107_GRAVEST_FIRST if signal in signals), None)


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


def _qartod(masks: NDArray[Any]) -> NDArray[np.uint8]:
    found = np.full(masks.size, Qartod.GOOD, dtype=np.uint8)
    for level in _QARTOD_FROM_MILD_TO_GRAVE:
        for meaning in MEANINGS:
            if meaning.qartod is level:
                found[masks & meaning.flag != 0] = level
    return found


def _status(masks: NDArray[Any]) -> Statuses:
    found = np.full(masks.size, Status.GOOD, dtype=np.uint32)
    for meaning in sorted(MEANINGS, key=lambda meaning: -(meaning.status >> 30)):
        found[(masks & meaning.flag != 0) & (found == Status.GOOD)] = meaning.status
    return found


@cache
def _qartod_table() -> NDArray[np.uint8]:
    return _qartod(every_tabled_mask())


@cache
def _status_table() -> Statuses:
    return _status(every_tabled_mask())
