"""Values that come with a unit of their own, brought to the unit that was asked for."""

from collections.abc import Sequence

import numpy as np
import structlog
from numpy.typing import NDArray

from integrations.devices.steam_meter.readout import Quantity
from integrations.messages import Status
from integrations.units import UnitError, affine

Floats = NDArray[np.float64]
Codes = NDArray[np.uint32]

log = structlog.get_logger(__name__)


class GivenUnits:
    """Converts polls of one meter; a unit that does not fit costs its value, and is told once."""

    def __init__(self, meter_id: str, quantities: Sequence[Quantity]) -> None:
        self._meter_id = meter_id
        self._quantities = tuple(quantities)
        self._units: tuple[str, ...] = ()
        self._scale = np.ones(len(quantities))
        self._offset = np.zeros(len(quantities))

    def __call__(self, values: Floats, status: Codes, units: Sequence[str]) -> tuple[Floats, Codes]:
        """Return values and StatusCodes; BadConfigurationError where the unit measures something else."""
        if tuple(units) != self._units:
            self._learn(tuple(units))
        misfit = np.isnan(self._scale) & (status < Status.BAD)
        converted = values * self._scale + self._offset
        return converted, np.where(misfit, np.uint32(Status.BAD_CONFIGURATION_ERROR), status)

    def _learn(self, units: tuple[str, ...]) -> None:
        self._units = units
        for at, (quantity, unit) in enumerate(zip(self._quantities, units, strict=True)):
            self._scale[at], self._offset[at] = self._pair(quantity, unit)

    def _pair(self, quantity: Quantity, unit: str) -> tuple[float, float]:
        if not unit:
            return 1.0, 0.0  # a value without a unit is believed to be what the configuration says
        try:
            return affine(unit, quantity.unit)
        except UnitError as error:
            log.warning("unit does not fit", meter=self._meter_id, quantity=quantity.name, reason=str(error))
            return np.nan, 0.0
