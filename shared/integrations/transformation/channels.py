"""Where a sensor's readings come from and how they become clean ones: worked out once, then looked up."""

from dataclasses import dataclass

from integrations.configuration import ConfigurationError
from integrations.messages import Origin, RawBatch, RawColumn
from integrations.quality import Flag
from integrations.units import UnitError

from .limits import SensorLimits
from .settings import CleaningSettings


@dataclass(frozen=True, slots=True)
class Route:
    """What all columns of a raw batch have in common."""

    site: str
    device_class: str
    source: str
    origin: Origin

    @classmethod
    def of(cls, batch: RawBatch) -> "Route":
        """Return the route of a batch."""
        return cls(batch.site, batch.device_class, batch.source, batch.origin)


@dataclass(frozen=True, slots=True, eq=False)
class Channel:
    """One sensor in one unit on one route."""

    index: int
    """The sensor's place in the bank."""
    route: Route
    sensor_id: str
    quantity: str
    raw_unit: str
    unit: str
    scale: float
    """NaN where the raw unit cannot be converted."""
    offset: float
    flags: int
    """What every sample carries from here: SIMULATED, UNCONVERTIBLE."""

    def carries(self, column: RawColumn, route: Route) -> bool:
        """Tell whether the column is this channel's."""
        return self.raw_unit == column.unit and self.route is route and self.quantity == column.quantity


@dataclass(frozen=True, slots=True)
class ChannelFault:
    """A sensor whose readings can only be carried, not cleaned, and why."""

    sensor_id: str
    quantity: str
    unit: str
    reason: str


@dataclass(frozen=True, slots=True)
class Treatment:
    """Unit, conversion and limits for a column; with a fault, none of them."""

    unit: str
    scale: float
    offset: float
    limits: SensorLimits
    fault: ChannelFault | None = None

    @classmethod
    def of(cls, column: RawColumn, settings: CleaningSettings) -> "Treatment":
        """Work out how the column's readings are cleaned; what stands in the way becomes the fault."""
        try:
            resolved = settings.resolve(column.sensor_id, column.quantity, column.unit)
        except (UnitError, ConfigurationError) as error:
            fault = ChannelFault(column.sensor_id, column.quantity, column.unit, str(error))
            return cls(column.unit, float("nan"), 0.0, SensorLimits(), fault)
        return cls(resolved.unit, *resolved.conversion, resolved.limits)

    def flags(self, origin: Origin) -> int:
        """Return the flags that every sample gets."""
        return (Flag.UNCONVERTIBLE if self.fault else 0) | (
            Flag.SIMULATED if origin is Origin.SIMULATED else 0
        )
