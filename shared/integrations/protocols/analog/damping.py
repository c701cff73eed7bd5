"""First-order damping that knows how much time has passed, so that late or lost samples do no harm."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
NANOSECONDS = 1e9


class Damping:
    """A low-pass filter for each channel: after one time constant 63.2 % of a step has come through.

    A value that is not finite passes as it is and leaves the filter alone; the next one weighs the more. The
    first value of a channel starts it. A clock that goes back counts as no time.
    """

    def __init__(self, seconds: ArrayLike) -> None:
        """Take the time constant of each channel (channels,); 0 lets values pass unchanged."""
        self._seconds = np.asarray(seconds, np.float64)
        self._state = np.full(self._seconds.shape, np.nan)
        self._time_ns = np.zeros(self._seconds.shape, np.int64)

    def __call__(self, values: ArrayLike, time_ns: int) -> Floats:
        """Return the damped values (channels,) at `time_ns` (UTC)."""
        values = np.asarray(values, np.float64)
        elapsed = np.maximum(time_ns - self._time_ns, 0) / NANOSECONDS
        with np.errstate(divide="ignore", invalid="ignore"):
            weight = np.where(self._seconds > 0, -np.expm1(-elapsed / self._seconds), 1.0)
            damped = self._state + weight * (values - self._state)
        damped = np.where(np.isnan(self._state), values, damped)
        given = np.isfinite(values)
        self._state = np.where(given, damped, self._state)
        self._time_ns = np.where(given, time_ns, self._time_ns)
        return np.where(given, damped, values)
