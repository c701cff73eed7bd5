"""What is known of one sensor before its series is looked at."""

from dataclasses import dataclass, replace

from msgspec import structs

from .limits import WIDEST_LIMITS, SensorLimits


@dataclass(frozen=True)
class SensorProfile:
    """Limits and habits of a sensor, in the unit of its values."""

    limits: SensorLimits = WIDEST_LIMITS
    weights: int = 0
    """Row of the score weights."""
    resolution: float = 0.0
    """Scatter below which values count as equal; 0 where it is not known."""
    noise: float = 0.0
    """Usual standard deviation of its noise; 0 switches the check off."""
    drift_limit: float = 0.0
    """How far the mean of fifty may leave that of the first fifty; 0 switches the check off."""

    def watched(self) -> "SensorProfile":
        """Return it with its habits among its limits, where the stream's own checks look for them."""
        habits = {"noise": self.noise, "drift_limit": self.drift_limit}
        return replace(self, limits=structs.replace(self.limits, **habits))


UNKNOWN_SENSOR = SensorProfile()
