"""Clean readings on their way into a balance: which samples are good enough, and in which unit."""

import math
from collections.abc import Iterator

import structlog

from integrations.messages import CleanBatch, Flag, Origin, is_good
from integrations.runtime.balances.config import UNITS, Role
from integrations.units import Affine, PressureReference, UnitError, affine

log = structlog.get_logger(__name__)

UNFIT = (
    Flag.MISSING | Flag.NOT_FINITE | Flag.SENSOR_STATUS_BAD | Flag.UNCONVERTIBLE | Flag.ESTIMATED
    | Flag.FUTURE | Flag.OUT_OF_ORDER | Flag.DUPLICATE | Flag.STALE
)  # fmt: skip
"""Samples with any of these are not compared: they have no measured value, or no time to compare it at."""


class Inlet:
    """The readings of one sensor, as the balance wants them."""

    def __init__(self, role: Role, barometer_bar: float) -> None:
        self.simulated = False
        """Whether the last readings were."""
        self.trouble = ""
        """Why its readings cannot be used, if so."""
        self.raw_sequence = 0
        self._role = role
        self._barometer_bar = barometer_bar
        self._unit: str | None = None
        self._into_unit: Affine | None = None

    def read(self, batch: CleanBatch) -> Iterator[tuple[int, float]]:
        """Yield time and value of the samples that can be compared: good ones, measured when they say."""
        if batch.unit != self._unit:
            self._unit, self._into_unit = batch.unit, self._conversion(batch)
        pair = self._into_unit
        if pair is None:
            return
        self.simulated = batch.origin is Origin.SIMULATED
        self.raw_sequence = max(self.raw_sequence, batch.raw_sequence)
        for time_ns, value, status, flags in zip(
            batch.time, batch.value, batch.status, batch.flags, strict=False
        ):
            if value is not None and math.isfinite(value) and is_good(status) and not flags & UNFIT:
                yield time_ns, pair.scale * value + pair.offset

    def _conversion(self, batch: CleanBatch) -> Affine | None:
        """Return the conversion of the sensor's unit; a pressure without a mark is gauge."""
        gauge = {"unmarked": PressureReference.GAUGE, "barometer_bar": self._barometer_bar}
        options = gauge if self._role is Role.PRESSURE else {}
        self.trouble = ""
        try:
            return affine(batch.unit, UNITS[self._role], **options)
        except UnitError as error:
            self.trouble = f"{batch.sensor_id} cannot be compared as {self._role.value}: {error}"
            log.warning("sensor cannot be compared", sensor_id=batch.sensor_id, reason=str(error))
            return None
