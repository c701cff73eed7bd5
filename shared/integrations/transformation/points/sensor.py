"""What users tell of a sensor."""

from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta

from integrations.configuration import Checked, Fault
from integrations.quality import weights_row
from integrations.transformation.limits import MAX_FLATLINE_COUNT, SensorLimits
from integrations.transformation.profiles import SensorProfile
from integrations.transformation.settings import CleaningSettings
from integrations.units import UnitError, affine, parse_unit

NotNegative = Annotated[float, Meta(ge=0)]


class SensorConfig(Checked, frozen=True):
    """Limits and habits of one sensor, in its unit."""

    sensor_id: str
    parameter: str
    """What it measures: `flow_rate`, `pressure`, `temperature`, …; anything else has no limits but these."""
    unit: str
    min_valid: float
    max_valid: float
    rate_of_change_limit: NotNegative | None = None
    """Largest believable change per minute; None switches the check off."""
    deadband: NotNegative = 0.0
    """A change this small is believable however short the time it took."""
    expected_noise_level: NotNegative = 0.0
    """Standard deviation of the sensor's noise: also the least scatter that outliers are measured by."""
    calibration_factor: float = 1.0
    calibration_offset: float = 0.0
    flatline_count: Annotated[int, Meta(ge=0, le=MAX_FLATLINE_COUNT)] | None = None
    """Still readings in a row that are suspicious; None takes what is usual for the parameter, 0 is off."""
    flatline_tolerance: NotNegative | None = None
    resolution: NotNegative = 0.0
    """Smallest step the sensor can show."""
    drift_limit: NotNegative = 0.0
    """How far the mean of fifty readings may leave that of the first fifty; 0 switches the check off."""

    def faults(self) -> Iterable[Fault]:
        """Yield what is wrong between fields, and a unit that nobody knows."""
        if self.min_valid >= self.max_valid:
            yield Fault("", "min_valid", self.min_valid, f"must be less than max_valid = {self.max_valid}")
        if self.calibration_factor == 0:
            yield Fault("", "calibration_factor", 0, "must not be 0")
        if self.flatline_count == 1:
            yield Fault("", "flatline_count", 1, "must be 0 (off) or at least 2")
        try:
            parse_unit(self.unit)
        except UnitError as error:
            yield Fault("", "unit", self.unit, f"must be a known unit ({error})")

    def profile(self, unit: str) -> SensorProfile:
        """Return the limits and habits in `unit`, resolved as the service resolves its own settings.

        Raises:
            UnitError: `unit` is unknown or measures something else.
        """
        settings = CleaningSettings(sensors={self.sensor_id: self._limits()})
        limits = settings.resolve(self.sensor_id, self.parameter, self.unit).limits
        conversion = affine(self.unit, unit)
        return SensorProfile(
            limits=limits.converted(conversion),
            weights=weights_row(self.parameter),
            resolution=conversion.scale * max(self.resolution, self.expected_noise_level),
            noise=conversion.scale * self.expected_noise_level,
            drift_limit=conversion.scale * self.drift_limit,
        )

    def _limits(self) -> SensorLimits:
        return SensorLimits(
            target_unit=self.unit,
            min_valid=self.min_valid,
            max_valid=self.max_valid,
            rate_of_change_limit=self.rate_of_change_limit or 0.0,
            deadband=self.deadband,
            flatline_count=self.flatline_count,
            flatline_tolerance=self.flatline_tolerance,
        )
