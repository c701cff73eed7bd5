"""What a sensor's readings must keep to, and what sensors of a kind keep to unless told otherwise."""

import math
from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta
from msgspec.structs import asdict, replace

from integrations.configuration import Checked, Fault
from integrations.units import Affine, parse_unit

MAX_FLATLINE_COUNT = 64
"""Readings kept of each sensor, and so the longest row the flatline check can look at."""
COARSEST_STEPS = 10.0
"""Times the flatline tolerance; with larger steps a value rests for longer than readings are kept."""

NonNegative = Annotated[float, Meta(ge=0)]
Positive = Annotated[float, Meta(gt=0)]


_DIFFERENCES = (
    "rate_of_change_limit", "deadband", "flatline_tolerance", "resolution", "noise", "drift_limit",
)  # fmt: skip


class SensorLimits(Checked, frozen=True, kw_only=True):
    """Limits of one sensor or of all sensors of a quantity; None leaves a limit to the next wider table."""

    target_unit: str | None = None
    """Unit of the limits below and of the clean value; None is the quantity's canonical unit."""
    min_valid: float | None = None
    max_valid: float | None = None
    non_negative: bool | None = None
    """Whether a value below zero is impossible rather than unusual."""
    rate_of_change_limit: NonNegative | None = None
    """Largest believable change, in units per minute; 0 switches the check off."""
    deadband: NonNegative | None = None
    """A change this small is noise, however short the time it took."""
    flatline_count: Annotated[int, Meta(ge=0, le=MAX_FLATLINE_COUNT)] | None = None
    """Readings in a row that may not all lie within the tolerance; 0 switches the check off."""
    flatline_tolerance: NonNegative | None = None
    outlier_deviations: NonNegative | None = None
    """A value more than so many standard deviations from the mean of the ten before is an outlier; 0: off."""
    resolution: NonNegative | None = None
    """Smallest step the sensor can show: the least scatter that outliers are measured by."""
    noise: NonNegative | None = None
    """Usual standard deviation of the sensor's noise; three times as much is too much; 0: off."""
    drift_limit: NonNegative | None = None
    """How far the mean of fifty readings may leave that of the first fifty since the start; 0: off."""
    expected_interval_seconds: Positive | None = None
    """Time between readings; None learns it from the sensor."""
    stale_after_seconds: Positive | None = None
    """Age at which a reading counts as old when it arrives."""

    def faults(self) -> Iterable[Fault]:
        """Yield limits that contradict each other and units nobody knows."""
        if self.min_valid is not None and self.max_valid is not None and self.min_valid >= self.max_valid:
            yield Fault("", "min_valid", self.min_valid, f"must be less than max_valid = {self.max_valid}")
        if self.flatline_count == 1:
            yield Fault("", "flatline_count", 1, "must be 0 (off) or at least 2")
        if self.target_unit is not None:
            try:
                parse_unit(self.target_unit)
            except ValueError as error:
                yield Fault("", "target_unit", self.target_unit, f"must be a known unit ({error})")

    def over(self, wider: "SensorLimits") -> "SensorLimits":
        """Return these limits, with what they leave open taken from `wider`."""
        return replace(wider, **{name: value for name, value in asdict(self).items() if value is not None})

    def for_steps(self) -> "SensorLimits":
        """Return the same limits with a flatline_count that a live sensor of its `resolution` never reaches.

        A register of whole tonnes stands still while the flow does not.
        """
        if not self.flatline_count or not self.resolution:
            return self
        steps = self.resolution / (self.flatline_tolerance or self.resolution)
        count = min(self.flatline_count * math.ceil(steps), MAX_FLATLINE_COUNT)
        if steps <= 1:
            return self
        return replace(self, flatline_count=count if steps <= COARSEST_STEPS else 0)

    def converted(self, by: Affine) -> "SensorLimits":
        """Return the same limits in another unit: levels are shifted, differences only scaled."""
        levels = {name: getattr(self, name) for name in ("min_valid", "max_valid")}
        differences = {name: getattr(self, name) for name in _DIFFERENCES}
        return replace(
            self,
            **{name: by.scale * value + by.offset for name, value in levels.items() if value is not None},
            **{name: by.scale * value for name, value in differences.items() if value is not None},
        )


LIMITS_BY_QUANTITY = {
    "flow_rate": SensorLimits(
        target_unit="t/hr",
        min_valid=0.0,
        max_valid=500.0,
        non_negative=True,
        rate_of_change_limit=50.0,
        deadband=1.0,
        flatline_count=10,
        flatline_tolerance=0.01,
    ),
    "pressure": SensorLimits(
        target_unit="bar",
        min_valid=-1.0,
        max_valid=250.0,
        rate_of_change_limit=300.0,
        deadband=0.1,
        flatline_count=60,
        flatline_tolerance=0.001,
    ),
    "temperature": SensorLimits(
        target_unit="°C",
        min_valid=-50.0,
        max_valid=650.0,
        rate_of_change_limit=10.0,
        deadband=2.0,
        flatline_count=60,
        flatline_tolerance=0.01,
    ),
    "density": SensorLimits(target_unit="kg/m³", min_valid=0.0, max_valid=1100.0, non_negative=True),
    "velocity": SensorLimits(target_unit="m/s", min_valid=-150.0, max_valid=150.0),
    "totalizer": SensorLimits(target_unit="t", non_negative=True),
    "ph": SensorLimits(target_unit="pH", min_valid=0.0, max_valid=14.0),
    "conductivity": SensorLimits(target_unit="µS/cm", min_valid=0.0, non_negative=True),
}
"""Limits that hold where a plant configures none.

Flow: the steam meter's own defaults, 0 to 500 t/hr, 50 t/hr per minute. Pressure: vacuum to supercritical,
5 bar/s. Temperature: 10 °C per minute. Ten still readings are suspicious in a flow, whose turbulence never
rests; pressure and temperature do rest on their resolution, so they get a minute at one reading a second.
The deadbands are noise: at 10 readings a second, 50 t/hr per minute alone would allow a change of 0.08 t/hr.
"""

WIDEST_LIMITS = SensorLimits(
    flatline_count=0, flatline_tolerance=0.01, deadband=0.0, stale_after_seconds=3600.0
)
"""What holds for a quantity nobody knows: nothing but an hour's age."""
