"""A last value that has grown old without a newer one."""

import numpy as np
from msgspec.structs import replace

from integrations.messages import CleanBatch
from integrations.quality import Flag, qartod_from_flags, score, status_from_flags, weights_row


def marked_stale(batch: CleanBatch) -> CleanBatch:
    """Return the last sample of `batch` as it counts now: flagged and scored as old, its time unchanged."""
    flags = np.array([batch.flags[-1] | Flag.STALE], np.uint32)
    return replace(
        batch,
        time=batch.time[-1:],
        value=batch.value[-1:],
        raw_value=batch.raw_value[-1:],
        status=status_from_flags(flags, np.array(batch.status[-1:], np.uint32)).tolist(),
        quality=score(flags, weights_row(batch.quantity)).astype(float).tolist(),
        qartod=qartod_from_flags(flags).tolist(),
        flags=flags.tolist(),
    )
