"""Masks of flags as arrays: those of 16 bits are looked up in tables, the few wider ones are worked out.

The checks that see a sample alone or with those before it have the low 16 bits to themselves, so that a
stream's masks take two bytes and a lookup; what only a whole series shows has the bits above.
"""

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.uint16] | NDArray[np.uint32]

_NONE = np.zeros(0, dtype=np.intp)


def tabled(flags: Flags) -> Flags:
    """Return the bits that the tables know."""
    return flags if flags.dtype == np.uint16 else flags & np.uint32(0xFFFF)


def wide(flags: Flags) -> NDArray[np.intp]:
    """Return the positions of masks with bits that the tables do not know."""
    return _NONE if flags.dtype == np.uint16 else np.flatnonzero(flags >> np.uint32(16))


def distinct(flags: Flags) -> tuple[NDArray[np.uint32], NDArray[np.intp]]:
    """Return the different masks, and how many of each there are."""
    counts = np.bincount(flags)  # masks are small numbers: a tenth of the time of np.unique
    masks = np.flatnonzero(counts)
    return masks.astype(np.uint32), counts[masks]


def every_tabled_mask() -> NDArray[np.uint32]:
    """All masks that the tables answer for."""
    return np.arange(1 << 16, dtype=np.uint32)
