"""Simulated sensors for the simulation policy: they answer like the real ones, and say so.

Each pressure swings slowly around 60 % of its range, all of them together, as pressures in one plant do.
"""

import math
import time
from collections.abc import Callable, Sequence

import numpy as np

from integrations.devices.samples import Channel, Sample
from integrations.messages import Origin, Status

from .config import PressureSensorConfig

LOAD = 0.6
SWING = 0.02
CELL_TEMPERATURE_C = 45.0
RADIANS_PER_SECOND = 2 * math.pi / 600.0


class SimulatedPressures:
    """Samples of imagined sensors, in the units of the configured channels."""

    def __init__(
        self,
        configs: Sequence[PressureSensorConfig],
        channels: Sequence[Channel],
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        ranges = {config.sensor_id: (config.min_pressure, config.max_pressure) for config in configs}
        self._ranges = [ranges.get(channel.sensor_id) for channel in channels]
        self._now_ns = now_ns
        self._began_ns = now_ns()

    def sample(self) -> Sample:
        """Return a sample whose values are all GoodEdited: edited means not from the process."""
        now_ns = self._now_ns()
        load = LOAD + SWING * math.sin(RADIANS_PER_SECOND * (now_ns - self._began_ns) / 1e9)
        values = np.array([_value(limits, load) for limits in self._ranges])
        status = np.full(len(values), Status.GOOD_EDITED, np.uint32)
        return Sample(now_ns, values, status, Origin.SIMULATED)


def _value(limits: tuple[float, float] | None, load: float) -> float:
    """A channel without limits is the temperature of a sensor's cell."""
    if limits is None:
        return CELL_TEMPERATURE_C
    low, high = limits
    return low + load * (high - low)
