"""How a data set is processed, by the keys that users know."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from msgspec import Meta

from integrations.configuration import Fault
from integrations.transformation.alignment import AGGREGATIONS
from integrations.transformation.series import Treatment
from integrations.units import UnitError, parse_unit


class ProcessingConfig(Treatment, frozen=True, kw_only=True):
    """Everything `process_data` can be told."""

    target_unit: str | None = None
    """Unit of the result; None takes that of the first point."""
    sensor_id: str | None = None
    """Whose limits hold; without it there are none."""
    resample_interval: Annotated[float, Meta(gt=0)] | None = None
    """Seconds; None leaves the points where they are."""
    resample_aggregation: str = "mean"
    now: datetime | None = None
    """When the data arrived, naive taken as UTC; None judges no point's age."""

    def faults(self) -> list[Fault]:
        """List methods and units that nobody knows."""
        return [*super().faults(), *self._own_faults()]

    def _own_faults(self) -> Iterable[Fault]:
        if self.resample_aggregation not in AGGREGATIONS:
            known = ", ".join(AGGREGATIONS)
            yield Fault("", "resample_aggregation", self.resample_aggregation, f"must be one of {known}")
        if self.target_unit is not None:
            try:
                parse_unit(self.target_unit)
            except UnitError as error:
                yield Fault("", "target_unit", self.target_unit, f"must be a known unit ({error})")
