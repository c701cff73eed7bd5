"""Where a sensor's readings come from and how they become clean ones: worked out once, then looked up."""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

from integrations.configuration import ConfigurationError, Fault
from integrations.messages import Origin, RawBatch, RawColumn
from integrations.quality import Flag
from integrations.units import UnitError

from .limits import SensorLimits
from .settings import CleaningSettings

MOST_SHARED = 1024
"""Pairs of quantity and unit remembered; they come off the wire, so there is no end to them."""


class Route(NamedTuple):
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

    @property
    def is_carried(self) -> bool:
        """Whether its readings can only be carried: nothing can be checked in a unit nobody knows."""
        return math.isnan(self.scale)

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
    fault: str = ""
    refusal: str = ""
    """Why the live limits do not hold for this column."""

    def flags(self, origin: Origin) -> int:
        """Return the flags that every sample gets."""
        simulated = Flag.SIMULATED if origin is Origin.SIMULATED else 0
        return simulated | (Flag.UNCONVERTIBLE if self.fault else 0)


class Treatments:
    """Works out how columns are cleaned, once for all sensors without limits of their own."""

    def __init__(self, settings: CleaningSettings) -> None:
        self.live: dict[str, SensorLimits] = {}
        """Limits given while the service runs, by sensor."""
        self._settings = settings
        self._shared: dict[tuple[str, str], Treatment] = {}

    def of(self, column: RawColumn) -> Treatment:
        """Return how the column's readings are cleaned; what stands in the way becomes the fault."""
        if live := self.live.get(column.sensor_id):
            try:
                return self.with_live(live, column.sensor_id, column.quantity, column.unit)
            except ConfigurationError as error:
                return replace(self._work_out(column), refusal=str(error))
        if column.sensor_id in self._settings.sensors:
            return self._work_out(column)
        key = (column.quantity, column.unit)
        if key not in self._shared:
            if len(self._shared) >= MOST_SHARED:
                self._shared.clear()
            self._shared[key] = self._work_out(column)
        return self._shared[key]

    def with_live(self, live: SensorLimits | None, sensor_id: str, quantity: str, unit: str) -> Treatment:
        """Return how readings in `unit` are cleaned under these limits.

        Raises:
            ConfigurationError: they contradict the other tables, or are stated in a unit of something else.
        """
        try:
            resolved = self._settings.resolve(sensor_id, quantity, unit, live)
        except UnitError as error:
            stated_in = live.target_unit if live else None
            raise ConfigurationError(
                [Fault("", "target_unit", stated_in, f"does not fit: {error}")]
            ) from error
        return Treatment(resolved.unit, *resolved.conversion, resolved.limits)

    def _work_out(self, column: RawColumn) -> Treatment:
        try:
            resolved = self._settings.resolve(column.sensor_id, column.quantity, column.unit)
        except (UnitError, ConfigurationError) as error:
            return Treatment(column.unit, float("nan"), 0.0, SensorLimits(), str(error))
        return Treatment(resolved.unit, *resolved.conversion, resolved.limits)
