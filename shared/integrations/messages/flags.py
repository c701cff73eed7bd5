"""What the checks found about a sample, one bit each."""

from enum import IntFlag
from typing import Self


class Flag(IntFlag):
    """Findings about one sample; the bits are on the wire, so none ever changes its meaning."""

    MISSING = 1 << 0, "no value"
    NOT_FINITE = 1 << 1, "not a finite number"
    SENSOR_STATUS_BAD = 1 << 2, "device says bad"
    SENSOR_STATUS_UNCERTAIN = 1 << 3, "device says uncertain"
    OUT_OF_RANGE = 1 << 4, "outside valid range"
    NEGATIVE = 1 << 5, "negative where nothing can be"
    RATE_OF_CHANGE = 1 << 6, "changes too fast"
    FLATLINE = 1 << 7, "does not move"
    STALE = 1 << 8, "old"
    FUTURE = 1 << 9, "from the future"
    OUT_OF_ORDER = 1 << 10, "older than one before it"
    DUPLICATE = 1 << 11, "same time as one before it"
    SIMULATED = 1 << 12, "simulated"
    UNCONVERTIBLE = 1 << 13, "unit cannot be converted"
    OUTLIER = 1 << 14, "far from the others"
    NOISE = 1 << 15, "noisier than it was"
    DRIFT = 1 << 16, "drifts"
    AT_LIMIT = 1 << 17, "stuck at its limit"
    INCONSISTENT = 1 << 18, "disagrees with sensors of the same"
    ESTIMATED = 1 << 19, "estimated, not measured"

    words: str
    """The finding in words; single flags have it, combinations do not."""

    def __new__(cls, bit: int, words: str = "") -> Self:
        """Let a flag be its bit for programs and its words for people."""
        flag = int.__new__(cls, bit)
        flag._value_ = bit
        flag.words = words
        return flag
