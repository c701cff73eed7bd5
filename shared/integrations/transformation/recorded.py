"""One sensor's samples in memory through the stream's checks, as if they arrived one after the other."""

from collections.abc import Callable

import numpy as np
from msgspec.structs import replace

from .bank import SensorBank
from .limits import SensorLimits
from .samples import CleanSamples, FlatSamples
from .segments import Floats, Segments, Times

BLOCK_SAMPLES = 65_536
"""Samples of one sensor that are checked at once: fewer cost more in calls, more leave a core's cache."""


def cleaned_in_blocks(
    time: Times,
    value: Floats,
    limits: SensorLimits,
    weights: int = 0,
    on_block: Callable[[int], None] = lambda _: None,
) -> CleanSamples:
    """Return what the stream's checks make of samples that arrive when they are measured: none is old.

    Args:
        time: UTC nanoseconds in the order of arrival.
        value: in the unit of the limits; NaN where missing.
        limits: of the sensor.
        weights: row of the score weights.
        on_block: told after each block how many samples it had.
    """
    bank = SensorBank()
    bank.add(replace(limits, stale_after_seconds=None), weights)
    now_ns = int(time.max()) if time.size else 0
    parts = []
    for start in range(0, max(1, time.size), BLOCK_SAMPLES):
        block = slice(start, start + BLOCK_SAMPLES)
        size = time[block].size
        samples = FlatSamples(
            segments=Segments.of_one(size) if size else Segments(np.zeros(0, dtype=np.intp)),
            time=time[block],
            value=value[block],
            status=np.zeros(size, np.uint32),
            flags=np.zeros(size, np.uint16),
        )
        parts.append(bank.process(samples, now_ns))
        on_block(size)
    return CleanSamples(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("value", "flags", "status", "qartod", "quality")
        )
    )
