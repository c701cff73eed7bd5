"""What field devices say of themselves and of each value, as OPC UA StatusCodes.

NE 107: Failure and Function Check are Bad, Out of Specification is Uncertain, Maintenance stays Good.
Sources: HCF_SPEC-99 (FCG TS20099), §7 (field device status); Common Tables, HCF_SPEC-183 (FCG TS20183),
table 17 (extended field device status); NAMUR NE 107.
"""

from enum import IntFlag
from functools import cache, lru_cache

from integrations.messages.status import Status

PROCESS_VALUES = frozenset({"pv", "sv", "tv", "qv"})


class DeviceStatus(IntFlag):
    """Second status byte of every answer."""

    MALFUNCTION = 0x80
    CONFIGURATION_CHANGED = 0x40
    COLD_START = 0x20
    MORE_STATUS_AVAILABLE = 0x10
    LOOP_CURRENT_FIXED = 0x08
    LOOP_CURRENT_SATURATED = 0x04
    NON_PRIMARY_VARIABLE_OUT_OF_LIMITS = 0x02
    PRIMARY_VARIABLE_OUT_OF_LIMITS = 0x01


class ExtendedStatus(IntFlag):
    """Extended field device status, in the answers to commands 0, 9 and 48 since HART 6."""

    MAINTENANCE_REQUIRED = 0x01
    DEVICE_VARIABLE_ALERT = 0x02
    CRITICAL_POWER_FAILURE = 0x04
    FAILURE = 0x08
    OUT_OF_SPECIFICATION = 0x10
    FUNCTION_CHECK = 0x20


_QUALITY_SHIFT = 6
_QUALITIES = {
    0: Status.BAD_SENSOR_FAILURE,
    1: Status.UNCERTAIN_SENSOR_NOT_ACCURATE,
    2: Status.GOOD_EDITED,  # manual or fixed: somebody sets the value, not the process
    3: Status.GOOD,
}
_LIMITED = {1, 2}


@lru_cache(maxsize=4096)
def device_wide_status(status: int, extended: int = 0) -> Status:
    """StatusCode that holds for every value of a device."""
    if status & DeviceStatus.MALFUNCTION or extended & ExtendedStatus.FAILURE:
        return Status.BAD_DEVICE_FAILURE
    if extended & ExtendedStatus.FUNCTION_CHECK:
        return Status.BAD_OUT_OF_SERVICE
    if extended & ExtendedStatus.OUT_OF_SPECIFICATION:
        return Status.UNCERTAIN_SENSOR_NOT_ACCURATE
    return Status.GOOD


@cache
def quantity_status(name: str, status: int) -> Status:
    """StatusCode that the device status gives one quantity: pv, sv, tv, qv, loop_current or percent."""
    if name == "loop_current":
        if status & DeviceStatus.LOOP_CURRENT_SATURATED:
            return Status.UNCERTAIN_EU_EXCEEDED
        # a fixed current is what a loop test or multidrop sets: it does not follow the primary variable
        return Status.UNCERTAIN if status & DeviceStatus.LOOP_CURRENT_FIXED else Status.GOOD
    primary = name in {"pv", "percent"}
    bit = (
        DeviceStatus.PRIMARY_VARIABLE_OUT_OF_LIMITS
        if primary
        else DeviceStatus.NON_PRIMARY_VARIABLE_OUT_OF_LIMITS
    )
    return Status.UNCERTAIN_EU_EXCEEDED if status & bit else Status.GOOD


@cache
def variable_status(status: int) -> Status:
    """StatusCode of a device variable status, the byte behind each value of command 9.

    Bits 7–6: 11 good, 01 poor accuracy, 10 manual or fixed, 00 bad; bits 5–4: 01 low limited, 10 high
    limited, 11 constant.
    """
    quality = _QUALITIES[status >> _QUALITY_SHIFT]
    if quality == Status.GOOD and status >> 4 & 3 in _LIMITED:
        return Status.UNCERTAIN_EU_EXCEEDED
    return quality


@lru_cache(maxsize=4096)
def value_status(name: str, status: int, own: int | None) -> int:
    """StatusCode of a quantity by its own status byte, if it has one, else by the device status."""
    blanket = quantity_status(name, status)
    if own is None or name not in PROCESS_VALUES:
        return blanket
    return graver(blanket, variable_status(own)) if name == "pv" else variable_status(own)


def graver(first: int, second: int) -> int:
    """Return the worse of two StatusCodes; of equally bad ones the first, but a reason before none."""
    if not first or not second:
        return first or second
    return second if second >> 30 > first >> 30 else first
