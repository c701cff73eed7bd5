"""The transformation's settings, and which limits hold for which sensor."""

from typing import Annotated, NamedTuple

from msgspec import Meta, field

from integrations.configuration import Checked
from integrations.units import STANDARD_BAROMETER_BAR, Affine, PressureReference, affine, compatible

from .limits import LIMITS_BY_QUANTITY, WIDEST_LIMITS, SensorLimits
from .quantities import canonical_unit


class Resolved(NamedTuple):
    """How the readings of one sensor are treated."""

    unit: str
    """Unit of the clean value and of the limits."""
    conversion: Affine
    """From the unit the readings come in."""
    limits: SensorLimits


class CleaningSettings(Checked, frozen=True, kw_only=True):
    """How readings are cleaned; a sensor's own limits go before its quantity's, those before the default."""

    sensors: dict[str, SensorLimits] = field(default_factory=dict)
    quantities: dict[str, SensorLimits] = field(default_factory=dict)
    default: SensorLimits = SensorLimits()
    barometer_bar: Annotated[float, Meta(gt=0, le=1.2)] = STANDARD_BAROMETER_BAR
    """Pressure of the air at the site, absolute."""
    pressure_reference: PressureReference | None = None
    """What pressures without a mark (`bar`, not `barg`) refer to; None makes no difference between them."""
    clock_tolerance_seconds: Annotated[float, Meta(ge=0)] = 5.0
    """How far ahead of our clock a reading's time may lie."""
    silent_after_intervals: Annotated[float, Meta(ge=1)] = 3.0
    """Intervals without a reading after which a sensor counts as silent."""
    silent_after_seconds: Annotated[float, Meta(ge=0)] = 10.0
    """Silence that is never reported, so that a fast sensor whose readings come in bundles is not."""
    max_sensors: Annotated[int, Meta(ge=1)] = 100_000
    """Sensors remembered at once; beyond that the one unheard for longest is forgotten."""

    def resolve(
        self, sensor_id: str, quantity: str, raw_unit: str, live: SensorLimits | None = None
    ) -> Resolved:
        """Return unit, conversion and limits for a sensor whose readings come in `raw_unit`.

        `live` are limits that were given while the service runs: they go before all others.

        Raises:
            ConfigurationError: limits of different tables contradict each other.
            UnknownUnitError: nobody knows `raw_unit`.
            IncompatibleUnitsError: it does not measure `quantity`, or not what the limits are stated in.
        """
        unit = canonical_unit(quantity, raw_unit)
        limits = _built_in(quantity, unit).over(self.default).over(WIDEST_LIMITS)
        for table in (self.quantities.get(quantity), self.sensors.get(sensor_id), live):
            if table is not None:
                stated_in = table.target_unit or unit
                limits = table.over(limits.converted(self._affine(unit, stated_in)))
                unit = stated_in
        own = (self.sensors.get(sensor_id), live)
        if not any(table and table.flatline_count is not None for table in own):
            limits = limits.for_steps()
        return Resolved(unit, self._affine(raw_unit, unit), limits)

    def _affine(self, from_unit: str, to_unit: str) -> Affine:
        if from_unit == to_unit:
            return Affine(1.0, 0.0)
        return affine(from_unit, to_unit, unmarked=self.pressure_reference, barometer_bar=self.barometer_bar)


def _built_in(quantity: str, unit: str) -> SensorLimits:
    limits = LIMITS_BY_QUANTITY.get(quantity)
    if limits is None or limits.target_unit is None or not compatible(unit, limits.target_unit):
        return SensorLimits()
    return limits.converted(affine(limits.target_unit, unit))
