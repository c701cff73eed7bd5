"""From a loop current to the quantity it stands for, and back."""

from collections.abc import Iterable, Sequence
from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import ArrayLike, NDArray

from integrations.configuration import Checked, Fault

from .namur import MEASURES_FROM_MA

Floats = NDArray[np.float64]
Milliamperes = Annotated[float, Meta(ge=0, le=24)]


class CurrentScaling(Checked, frozen=True):
    """`current_min_ma` … `current_max_ma` stand for `range_min` … `range_max`.

    `square_root` is for a differential pressure transmitter that sends the pressure itself; one that is set
    to flow has extracted the root already. With a `low_cutoff` (in the unit of the range) what is smaller is
    0, and so is a current below that of zero, unless the range goes below 0.
    """

    range_min: float = 0.0
    range_max: float = 100.0
    current_min_ma: Milliamperes = 4.0
    current_max_ma: Milliamperes = 20.0
    square_root: bool = False
    low_cutoff: Annotated[float, Meta(ge=0)] | None = None

    @property
    def has_live_zero(self) -> bool:
        """Whether no current is no signal, as with 4–20 mA, and not the lowest value, as with 0–20 mA."""
        return self.current_min_ma >= MEASURES_FROM_MA

    def faults(self) -> Iterable[Fault]:
        """Check that there is a range, and what a square root starts from."""
        if self.current_min_ma >= self.current_max_ma:
            allowed = f"must be below current_max_ma = {self.current_max_ma:g}"
            yield Fault("", "current_min_ma", self.current_min_ma, allowed)
        if self.range_min == self.range_max:
            yield Fault("", "range_max", self.range_max, "must differ from range_min")
        if self.square_root and self.range_min != 0:
            allowed = "must be 0 with square_root: no differential pressure is no flow"
            yield Fault("", "range_min", self.range_min, allowed)
        if self.low_cutoff and self.low_cutoff >= max(abs(self.range_min), abs(self.range_max)):
            yield Fault("", "low_cutoff", self.low_cutoff, "must be inside the range")


class CurrentScaler:
    """Scalings compiled into arrays: currents (…, channels) in mA to values in the units of their ranges.

    Pure: scaling goes beyond the range as far as the current does, and NaN stays NaN.
    """

    def __init__(self, scalings: Sequence[CurrentScaling]) -> None:
        self._zero = np.array([each.current_min_ma for each in scalings], np.float64)
        self._span = np.array([each.current_max_ma for each in scalings], np.float64) - self._zero
        self._range_min = np.array([each.range_min for each in scalings], np.float64)
        self._range_span = np.array([each.range_max for each in scalings], np.float64) - self._range_min
        self._root = np.array([each.square_root for each in scalings], np.bool_)
        self._cutoff = np.array(
            [-np.inf if each.low_cutoff is None else each.low_cutoff for each in scalings]
        )
        self._two_sided = np.array([min(each.range_min, each.range_max) < 0 for each in scalings], np.bool_)

    def __call__(self, current_ma: ArrayLike) -> Floats:
        """Return values before cut-off."""
        fraction = (np.asarray(current_ma, np.float64) - self._zero) / self._span
        fraction = np.where(self._root, np.sqrt(np.maximum(fraction, 0.0)), fraction)
        return self._range_min + fraction * self._range_span

    def cut(self, values: ArrayLike) -> Floats:
        """Return values with those below their low cut-off at 0; to be done last, before totalising."""
        values = np.asarray(values, np.float64)
        size = np.where(self._two_sided, np.abs(values), values)
        return np.where(size < self._cutoff, 0.0, values)

    def currents(self, values: ArrayLike) -> Floats:
        """Return the currents in mA that stand for `values`: the inverse, for simulators."""
        fraction = (np.asarray(values, np.float64) - self._range_min) / self._range_span
        fraction = np.where(self._root, np.sign(fraction) * fraction**2, fraction)
        return self._zero + fraction * self._span
