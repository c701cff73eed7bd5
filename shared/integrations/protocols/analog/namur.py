"""What a loop current says about itself.

Source: NAMUR NE 43, Standardization of the Signal Level for the Failure Information of Digital Transmitters.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from integrations.messages.status import Status

FAILURE_BELOW_MA = 3.6
MEASURES_FROM_MA = 3.8
MEASURES_TO_MA = 20.5
FAILURE_ABOVE_MA = 21.0
ROUNDING_MA = 1e-5
"""A module that sends float32 says 3.7999999 for 3.8 mA."""

Codes = NDArray[np.uint32]


def current_status(current_ma: ArrayLike, live_zero: ArrayLike = True) -> Codes:
    """Return the StatusCode of each current: 3.8–20.5 mA measures, below 3.6 and above 21 is a failure.

    Between them the transmitter stands at its limit: uncertain. A loop without `live_zero` (0–20 mA) has no
    lower limits. NaN is a failure; arrays broadcast.
    """
    current, live = np.broadcast_arrays(np.asarray(current_ma, np.float64), np.asarray(live_zero, np.bool_))
    status = np.full(current.shape, Status.GOOD, np.uint32)
    with np.errstate(invalid="ignore"):  # NaN compares as false with everything, which is what is meant
        low, high = current + ROUNDING_MA, current - ROUNDING_MA
        at_limit = (high > MEASURES_TO_MA) | (live & (low < MEASURES_FROM_MA))
        failed = ~(high <= FAILURE_ABOVE_MA) | (live & (low < FAILURE_BELOW_MA))
    status[at_limit] = Status.UNCERTAIN_SENSOR_NOT_ACCURATE
    status[failed] = Status.BAD_SENSOR_FAILURE
    return status
