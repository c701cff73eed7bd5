"""How good a value is: OPC UA StatusCodes and QARTOD flags.

Sources: OPC UA Part 4 §7.39 and Part 8 §6.3 (StatusCodes); IOOS Manual for QARTOD Flags (2020).
"""

from enum import IntEnum


class Status(IntEnum):
    """OPC UA StatusCodes in use; any other code a device reports travels on as a plain number."""

    GOOD = 0x00000000
    GOOD_EDITED = 0x00DC0000
    """Value did not come from the process: simulated."""
    UNCERTAIN = 0x40000000
    UNCERTAIN_LAST_USABLE = 0x40900000
    UNCERTAIN_SUBSTITUTE_VALUE = 0x40910000
    """Value was worked out from others."""
    UNCERTAIN_SENSOR_NOT_ACCURATE = 0x40930000
    UNCERTAIN_EU_EXCEEDED = 0x40940000
    UNCERTAIN_SUBNORMAL = 0x40950000
    BAD = 0x80000000
    BAD_COMMUNICATION_ERROR = 0x80050000
    BAD_DECODING_ERROR = 0x80070000
    BAD_TIMEOUT = 0x800A0000
    BAD_NO_COMMUNICATION = 0x80310000
    BAD_OUT_OF_RANGE = 0x803C0000
    BAD_CONFIGURATION_ERROR = 0x80890000
    BAD_NOT_CONNECTED = 0x808A0000
    BAD_DEVICE_FAILURE = 0x808B0000
    BAD_SENSOR_FAILURE = 0x808C0000
    BAD_OUT_OF_SERVICE = 0x808D0000


class Qartod(IntEnum):
    """QARTOD primary level flags."""

    GOOD = 1
    NOT_EVALUATED = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9


def is_good(status: int) -> bool:
    """Whether the severity bits (31–30) say Good."""
    return status >> 30 == 0


def is_uncertain(status: int) -> bool:
    """Whether the severity bits (31–30) say Uncertain."""
    return status >> 30 == 1


def is_bad(status: int) -> bool:
    """Whether the severity bits (31–30) say Bad; the reserved pattern 11 counts as Bad."""
    return status >> 30 >= 2
